import type { Config, KafkaSpec } from '../../config/config.ts'
import type { RemoteTicket } from '../../log/embedded/remote/remote-log.ts'
import type { OpenLog } from '../log/opened-log.ts'

/**
 * Where a worker finds the log: at a desk of the thread that holds it, or at the brokers, of whose
 * groups it is then a member like any other process.
 */
export type WorkerPlace =
  | { readonly kind: 'desk'; readonly ticket: RemoteTicket }
  | { readonly kind: 'kafka'; readonly spec: KafkaSpec }

/** A place for each start of the worker of that name; undefined where the log is one thread's. */
export function workerPlace(
  log: OpenLog,
  { log: { kafka } }: Config,
): ((worker: string) => WorkerPlace) | undefined {
  if (kafka !== undefined) {
    const { instance } = kafka
    return (worker) => {
      const named = instance === undefined ? {} : { instance: `${instance}-${worker}` }
      return { kind: 'kafka', spec: { ...kafka, ...named } }
    }
  }
  const share = log.share?.bind(log)
  return share && (() => ({ kind: 'desk', ticket: share() }))
}
