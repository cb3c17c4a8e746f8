import { randomUUID } from 'node:crypto'
import type { AggregateProgress } from '../../aggregate/aggregate-progress.ts'
import type { Config } from '../../config/config.ts'
import type { Log, LogGroups } from '../../log/log.ts'
import { compileSite } from '../../spark/compile-site.ts'
import { openSparkSession } from '../../spark/connect/session.ts'
import type { SiteProgram } from '../../spark/site-program.ts'
import type { SparkSpec } from '../../spark/spark-spec.ts'
import type { SiteFigures } from '../../spark/watch/site-figures.ts'
import { watchSites } from '../../spark/watch/watch-sites.ts'
import type { Clock } from '../../std/clock.ts'
import { Replaceable } from '../../std/replaceable.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { ClaimReader } from '../claim-reader.ts'
import { SPARK_GROUP, SPARK_USER } from './spark-names.ts'

export type SparkPartsDeps = {
  readonly log: Log & LogGroups
  readonly clock: Clock
  readonly logger: Logger
  readonly progress: AggregateProgress
}

/** What this process has of Spark: what is to run there, who watches it, and how it does. */
export class SparkParts {
  readonly #deps: SparkPartsDeps
  readonly #spec: SparkSpec
  readonly #config: Config
  readonly #programs: Replaceable<ReadonlyMap<string, SiteProgram>>
  /** Of the sites that are watched here: by one process of all that could. */
  readonly figures = new Map<string, SiteFigures>()

  constructor(deps: SparkPartsDeps, config: Config, spec: SparkSpec) {
    this.#deps = deps
    this.#spec = spec
    this.#config = config
    this.#programs = new Replaceable(programsOf(config, spec))
  }

  /** Monitors of another configuration are in force: what makes other panes begins anew (A75). */
  adopt(config: Config): void {
    const wanted = programsOf({ ...this.#config, monitors: config.monitors }, this.#spec)
    const before = this.#programs.current
    const isOther = [...wanted].some(([site, { hash }]) => before.get(site)?.hash !== hash)
    if (isOther) this.#programs.replace(wanted)
  }

  /** Whoever has the one partition of `commands` in this group watches all queries (Z16). */
  get reader(): ClaimReader {
    const { log, clock, logger, progress } = this.#deps
    const { partitions } = this.#config.log
    const told = (): void => readTo(progress, [...this.figures.values()])
    return {
      ...SPARK_GROUP,
      read: async ({ signal }) => {
        const deps = {
          ...{ log, clock, logger, spec: this.#spec, programs: this.#programs, told },
          ...{ partitions, panesPartitions: partitions, figures: this.figures },
          random: Math.random,
          newId: () => randomUUID(),
          open: (sessionId: string) =>
            openSparkSession(this.#spec.address, { clock, userId: SPARK_USER, sessionId }),
        }
        try {
          await watchSites(deps, signal)
        } finally {
          progress.next.clear()
        }
      },
    }
  }
}

function programsOf(
  { site: ownSite, monitors, skewMs, log }: Config,
  spec: SparkSpec,
): ReadonlyMap<string, SiteProgram> {
  const { partitions } = log
  const shared = { spec, ownSite, monitors, skewMs, partitions }
  return new Map(spec.sites.map((site) => [site, compileSite({ ...shared, site })]))
}

/** Rows have become panes once the query of each site has had them. */
function readTo(progress: AggregateProgress, sites: readonly SiteFigures[]): void {
  const sum = (count: (site: SiteFigures) => number): number =>
    sites.reduce((total, site) => total + count(site), 0)
  progress.rows = sum(({ rows }) => rows)
  progress.late = sum(({ dropped }) => dropped)
  progress.rejected = sum(({ refused }) => [...refused.values()].reduce((a, b) => a + b, 0))
  for (const partition of sites[0]?.ends.keys() ?? []) {
    const ends = sites.map((site) => site.ends.get(partition))
    const least = Math.min(...ends.map((end) => end ?? 0))
    progress.next.set(partition, least)
  }
}
