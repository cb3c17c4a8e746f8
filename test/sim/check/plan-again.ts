import { createTopics } from '../../../src/app/create-topics.ts'
import { openMemoryLog } from '../../../src/log/memory/memory-log.ts'
import type { Notice } from '../../../src/model/notice.ts'
import type { NotifySpec } from '../../../src/notify/notify-spec.ts'
import { runPlan } from '../../../src/notify/plan.ts'
import type { Clock } from '../../../src/std/clock.ts'
import type { LoggedRecord } from './log-contents.ts'
import { noticesIn } from './notice-check.ts'

/** Longer than any group waits. */
const QUIET_MS = 30_000

/**
 * What is planned for the steps of a log by a plan that is never interrupted (A74): all of them at
 * once, on a log of its own.
 */
export async function planAgain(
  transitions: readonly (readonly LoggedRecord[])[],
  { spec, clock }: { readonly spec: NotifySpec; readonly clock: Clock },
): Promise<readonly Notice[]> {
  const log = openMemoryLog({ clock })
  const retention = () => ({ ms: -1, bytes: -1 })
  await createTopics(log, { partitions: transitions.length, durability: 'ack', retention })
  for (const [partition, records] of transitions.entries()) {
    const rows = records.map(({ key, value }) => ({
      partition,
      ...(key !== undefined && { key }),
      ...(value !== undefined && { value }),
    }))
    await log.append('transitions', rows)
  }
  const ending = new AbortController()
  const plan = runPlan({ log, spec, clock, signal: ending.signal, count: () => undefined })
  await clock.sleep(QUIET_MS)
  ending.abort()
  await plan
  const notices = await noticesIn(log)
  await log.close()
  return notices
}
