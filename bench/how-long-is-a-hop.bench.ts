// From the append of a row to a reader that waited for it, its sync included: within the thread
// that writes, from there to another thread, and from one worker to another.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { openEmbeddedLog, type EmbeddedLog } from '../src/log/embedded/embedded-log.ts'
import { systemClock } from '../src/std/clock.ts'
import { printFigure } from './figure.ts'
import { appendPaced, latenciesOf, type HopPlan } from './hop.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

const BENCH = 'how-long-is-a-hop'
const ROWS = 1500
/** Until then threads start and code is compiled: that is not what a hop costs. */
const WARM_ROWS = 500
const EVERY_MS = 5
const RUNS = 3

/** By what is measured: where the append begins and where the row is awaited. */
const HOPS = {
  'within a thread': async (log: EmbeddedLog, plan: HopPlan) => {
    const [latencies] = await Promise.all([latenciesOf(log, plan), appendPaced(log, plan)])
    return latencies
  },
  'to another thread': async (log: EmbeddedLog, plan: HopPlan) => {
    const latencies = thread(log, 'read', plan)
    await appendPaced(log, plan)
    return latencies
  },
  'from worker to worker': async (log: EmbeddedLog, plan: HopPlan) => {
    const latencies = thread(log, 'read', plan)
    await thread(log, 'append', plan)
    return latencies
  },
}

await inTemporaryFolder(async (folder) => {
  const log = await openEmbeddedLog({ folder, clock: systemClock })
  const samples = new Map<string, { p50: number[]; p99: number[] }>()
  for (let run = 0; run < RUNS; run++) {
    const hops = Object.entries(HOPS)
    for (const [name, hop] of run % 2 === 0 ? hops : hops.toReversed()) {
      const topic = `hop-${run}-${name.replaceAll(' ', '-')}`
      await log.createTopic({
        topic,
        partitions: 1,
        cleanup: 'delete',
        retentionMs: -1,
        retentionBytes: -1,
        durability: 'ack',
        recordBytesMax: 1024,
      })
      const latencies = await hop(log, { topic, rows: ROWS, everyMs: EVERY_MS })
      assert.equal(latencies.length, ROWS)
      const warm = latencies.slice(WARM_ROWS).sort((a, b) => a - b)
      const held = samples.get(name) ?? { p50: [], p99: [] }
      held.p50.push(warm[Math.floor(warm.length * 0.5)]!)
      held.p99.push(warm[Math.floor(warm.length * 0.99)]!)
      samples.set(name, held)
    }
  }
  await log.close()
  for (const [name, { p50, p99 }] of samples) {
    printFigure(BENCH, { figure: `p50 ${name}`, unit: 'ms', samples: p50, atMost: 1.5 })
    printFigure(BENCH, { figure: `p99 ${name}`, unit: 'ms', samples: p99, atMost: 5 })
  }
  const [own, , remote] = [...samples.values()]
  const ratio = remote!.p50.map((each, i) => each / own!.p50[i]!)
  printFigure(BENCH, { figure: 'worker to worker ÷ within', unit: 'ratio', samples: ratio })
})

async function thread(
  log: EmbeddedLog,
  role: 'append' | 'read',
  plan: HopPlan,
): Promise<readonly number[]> {
  const ticket = log.share()
  const worker = new Worker(new URL('./hop-thread.ts', import.meta.url), {
    workerData: { ticket, role, plan },
    transferList: [ticket.port],
  })
  const latencies: number[] = []
  worker.on('message', (told: readonly number[]) => latencies.push(...told))
  await once(worker, 'exit')
  return latencies
}
