import type { Config } from '../../config/config.ts'
import type { Log } from '../../log/log.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { sparkMemory } from '../../spark/watch/remembered.ts'

/**
 * Why our own engine must not make panes here: Spark does, by what the log says (Z16). Undefined
 * where it may. Only a log of brokers can have another engine.
 */
export async function otherEngine(
  log: Log,
  { aggregate, log: { kafka } }: Config,
): Promise<NocturneError | undefined> {
  if (kafka === undefined || aggregate.engine !== 'own') return undefined
  const found = await sparkMemory.engine(log)
  if (found === undefined) return undefined
  const since = new Date(found.at).toISOString()
  return new NocturneError('AGGREGATE_ENGINE_DIFFERS', `Spark has had them since ${since}`)
}
