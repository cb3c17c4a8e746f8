import type { Config } from '../../config/config.ts'

/** How many worker threads a configuration asks for on so many cores. */
export function workerCount({ workers, log }: Config, cores: number): number {
  const wanted = workers === 'auto' ? cores - 1 : workers
  return log.kind === 'embedded' ? Math.min(wanted, log.partitions) : 0
}
