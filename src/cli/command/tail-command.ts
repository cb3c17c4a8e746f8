import type { Command } from 'commander'
import { nearestName } from '../../config/nearest-name.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { topics, type TopicName } from '../../model/topics.ts'
import { argument } from '../argument.ts'
import { apiUrl, refusalText, request, SERVER_DEFAULT } from '../server-client.ts'
import { stopSignal } from '../stop-signal.ts'
import type { Terminal } from '../terminal.ts'

const LESSON = `
Examples:
  nocturne tail                              the topics there are
  nocturne tail transitions --follow         every step of every alert, as it happens
  nocturne tail windows --from -5            the last five of each partition
  nocturne tail readings --partition 2 --from 1000 --limit 10

Each line is {"partition","offset","at","key","value"}. --from takes an offset, "earliest",
"latest", or -N for the last N.`

type TailFlags = {
  readonly to: string
  readonly partition?: number
  readonly from: string
  readonly limit?: number
  readonly follow?: boolean
}

type Followed = { readonly server: string; readonly topic: string; readonly flags: TailFlags }

const PARTITIONS_MAX = 64

/** Adds `nocturne tail`. */
export function addTail(program: Command, terminal: Terminal): void {
  program
    .command('tail [topic]')
    .description('Print records of a running Nocturne’s log, one JSON object a line.')
    .option('--partition <n>', 'this one; else all', argument.integer(0, 4095))
    .option('--from <offset>', 'where to begin', '-10')
    .option('--limit <n>', 'records of each partition at most', argument.integer(1, 100_000))
    .option('-f, --follow', 'wait for more at the end')
    .option('--to <url>', 'the running Nocturne', argument.server, SERVER_DEFAULT)
    .addHelpText('after', LESSON)
    .action((topic: string | undefined, flags: TailFlags) =>
      topic === undefined ? listTopics(terminal) : tailTopic(topic, flags, terminal),
    )
}

function listTopics(terminal: Terminal): void {
  for (const name of Object.keys(topics)) terminal.print(name)
}

async function tailTopic(topic: string, flags: TailFlags, terminal: Terminal): Promise<void> {
  if (!(topic in topics)) {
    const near = nearestName(topic, Object.keys(topics))
    const hint = near === undefined ? '' : `, did you mean ${near}?`
    throw new NocturneError('LOG_TOPIC_UNKNOWN', `${topic}${hint}`)
  }
  const { signal, release } = stopSignal()
  const followed = { server: flags.to, topic, flags }
  try {
    const first = flags.partition ?? 0
    const isAll = flags.partition === undefined && topics[topic as TopicName].shared
    const end = isAll ? PARTITIONS_MAX : first + 1
    const following: Promise<void>[] = []
    for (let partition = first; partition < end; partition++) {
      const response = await opened(followed, partition, signal)
      if (response === undefined) break
      const printing = printLines(response, partition, { terminal, signal })
      if (flags.follow !== true) await printing
      else following.push(printing)
    }
    await Promise.all([...following])
  } catch (error) {
    if (!signal.aborted) throw error
    return
  } finally {
    release()
  }
}

/** Undefined behind the last partition. */
async function opened(
  { server, topic, flags }: Followed,
  partition: number,
  signal: AbortSignal,
): Promise<Response | undefined> {
  const { from, limit } = flags
  const follow = flags.follow === true ? 1 : undefined
  const url = apiUrl(server, '/api/tail', { topic, partition, from, limit, follow })
  const response = await request(url, { signal })
  if (response.ok) return response
  const text = await refusalText(response)
  if (flags.partition === undefined && partition > 0 && text.includes('no such partition')) {
    return undefined
  }
  throw new NocturneError('CLI_SERVER_REFUSED', text)
}

async function printLines(
  { body }: Response,
  partition: number,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<void> {
  if (body === null) return
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const bytes of body) {
      const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) terminal.print(`{"partition":${partition},${line.slice(1)}`)
    }
  } catch (error) {
    if (signal.aborted) return
    const detail = 'the connection broke off'
    throw new NocturneError('CLI_SERVER_UNREACHABLE', detail, { cause: error })
  }
}
