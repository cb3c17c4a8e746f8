import type { Config } from '../../config/config.ts'
import type { Log, TopicSpec } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { siteTopic } from '../../model/topics.ts'

const RECORD_BYTES_MAX = 1_048_576

/**
 * Creates a site's topics in the cloud's log, which the site and the cloud both do: whoever comes
 * first decides how many partitions they have, and both copy by key.
 */
export async function createSiteTopics(
  log: Log,
  site: string,
  { partitions, durability, retention }: Config['log'],
): Promise<void> {
  for (const name of ['panes', 'transitions'] as const) {
    const { ageMs, bytesMax } = retention[name]
    await createUnlessThere(log, {
      topic: siteTopic(site, name),
      partitions,
      cleanup: 'delete',
      retentionMs: ageMs,
      retentionBytes: bytesMax,
      durability,
      recordBytesMax: RECORD_BYTES_MAX,
    })
  }
}

async function createUnlessThere(log: Log, spec: TopicSpec): Promise<void> {
  try {
    await log.createTopic(spec)
  } catch (error) {
    if (error instanceof NocturneError && error.code === 'LOG_TOPIC_DIFFERS') return
    throw error
  }
}
