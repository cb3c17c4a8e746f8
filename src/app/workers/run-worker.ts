import type { MessagePort } from 'node:worker_threads'
import { openCodecs } from '../../log/codecs/open-codecs.ts'
import { openRemoteLog } from '../../log/embedded/remote/remote-log.ts'
import type { Claim, Log } from '../../log/log.ts'
import { systemClock } from '../../std/clock.ts'
import { Replaceable } from '../../std/replaceable.ts'
import { groupOf, type ClaimReader, type Gaps } from '../claim-reader.ts'
import { hotReaders } from '../hot-readers.ts'
import { superviseClaims, type Supervision } from '../supervise.ts'
import { openKafkaBy } from '../log/open-kafka.ts'
import type { WorkerPlace } from './worker-place.ts'
import { WorkerReport } from './worker-report.ts'
import type { WorkerOrder, WorkerPlan, WorkerWord } from './worker-words.ts'

/**
 * The life of one worker: once it may begin it claims partitions, and reads, folds, judges and
 * appends them by itself until it is told to stop. An error that leaves this function ends the
 * thread.
 */
export async function runWorker(
  { place, specs }: WorkerPlan,
  port: MessagePort,
  makeReaders = hotReaders,
): Promise<void> {
  const say = (word: WorkerWord): void => port.postMessage(word)
  const log = await logAt(place)
  const stop = new AbortController()
  const begun = Promise.withResolvers<void>()
  const current = new Replaceable(specs)
  port.on('message', (told: WorkerOrder) => {
    if (told.order === 'replace') return current.replace(told.specs)
    if (told.order === 'stop') stop.abort()
    begun.resolve()
  })
  const report = new WorkerReport(say)
  const ended = new AbortController()
  const reporting = report.run(ended.signal)
  say({ word: 'ready' })
  await begun.promise
  const supervision = supervisionBy(say)
  const { progress } = report
  const readers = makeReaders({ clock: systemClock, specs: current, progress })
  const running = readers.map((reader) => {
    const part = { name: reader.group, log, group: groupOf(reader), signal: stop.signal }
    return superviseClaims(supervision, part, reported(reader, report))
  })
  await Promise.all(running)
  ended.abort()
  await reporting
  await log.close()
  port.close()
}

async function logAt(place: WorkerPlace): Promise<Log> {
  const codecs = await openCodecs()
  if (place.kind === 'desk') return openRemoteLog(place.ticket, { codecs })
  return openKafkaBy({ clock: systemClock, codecs })(place.spec)
}

/** Tells all of a partition before it is given back, so that old news never follows newer ones. */
const reported =
  ({ read }: ClaimReader, report: WorkerReport) =>
  async (claim: Claim, log: Log, gaps?: Gaps): Promise<void> => {
    try {
      await read(claim, log, gaps)
    } finally {
      report.tell()
    }
  }

function supervisionBy(say: (word: WorkerWord) => void): Supervision {
  const saidAt = (level: 'info' | 'warn' | 'error') => (facts: object, sentence: string) =>
    say({ word: 'said', level, facts, sentence })
  return {
    clock: systemClock,
    logger: { info: saidAt('info'), warn: saidAt('warn'), error: saidAt('error') },
    failed: (reader, reason) => say({ word: 'failed', reader, reason }),
    troubled: (reader, code) =>
      say({ word: 'troubled', reader, ...(code === undefined ? {} : { code }) }),
    missed: (reader, gap) => say({ word: 'missed', reader, gap }),
    bug: (error) => {
      throw error
    },
  }
}
