import type { Config } from '../../config/config.ts'

/**
 * What `auto` goes up to: the thread that writes is busy for a seventh of the time that a worker
 * is (bench/how-much-does-a-core-add.bench.ts), and it collects, records and serves beside that.
 */
const AUTO_MAX = 6

/**
 * How many worker threads a configuration asks for on so many cores: `auto` leaves one core to the
 * main thread. None has a partition more than another, so there are never more than partitions.
 */
export function workerCount(
  { workers, log }: Pick<Config, 'workers' | 'log'>,
  cores: number,
): number {
  if (log.kind === 'memory') return 0
  const wanted = workers === 'auto' ? Math.min(cores - 1, AUTO_MAX) : workers
  return Math.min(wanted, log.partitions)
}
