// One end of a hop, in a thread of its own: appends rows at a steady pace, or waits for them.
import assert from 'node:assert/strict'
import { parentPort, workerData } from 'node:worker_threads'
import { openRemoteLog, type RemoteTicket } from '../src/log/embedded/remote/remote-log.ts'
import { appendPaced, latenciesOf, type HopPlan } from './hop.ts'

const { ticket, role, plan } = workerData as {
  readonly ticket: RemoteTicket
  readonly role: 'append' | 'read'
  readonly plan: HopPlan
}
const log = openRemoteLog(ticket)
assert.ok(parentPort !== null)
if (role === 'append') await appendPaced(log, plan)
else parentPort.postMessage(await latenciesOf(log, plan))
await log.close()
