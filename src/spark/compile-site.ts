import type { MonitorSpec } from '../model/monitor.ts'
import { fnv1a64 } from '../std/hash.ts'
import { lcm, sliceMsOf } from '../window/slice.ts'
import { metricsOf, observedOf } from './compile-observed.ts'
import { rowsSql, seenSql, weightsOf } from './compile-rows.ts'
import { statementSql } from './compile-statement.ts'
import { nameOfSite } from './compile-text.ts'
import type { SiteProgram } from './site-program.ts'
import type { Relation } from './spark-session.ts'
import type { SparkSpec } from './spark-spec.ts'

const OBSERVED_AS = 'seen'

export type SiteGiven = {
  readonly spec: SparkSpec
  readonly site: string
  /** The site of rows that name none. */
  readonly ownSite: string
  readonly monitors: readonly MonitorSpec[]
  readonly skewMs: number
  /** Of `readings`. */
  readonly partitions: number
}

/** All monitors of a site as one query (spark.md 5): pure text, equal for equal monitors. */
export function compileSite(given: SiteGiven): SiteProgram {
  const { spec, site, monitors, partitions } = given
  const name = nameOfSite(site)
  const [raw, seen, rows] = [`raw_${name}`, `seen_${name}`, `rows_${name}`]
  const weights = weightsOf(spec.rates)
  const otherSites = spec.sites.filter((other) => other !== site)
  const seenText = seenSql(raw, { ...given, otherSites })
  const rowsText = rowsSql(seen, monitors)
  const metrics = metricsOf(partitions, weights)
  const evictionMs = monitors.map(({ window }) => sliceMsOf(window)).reduce(lcm, 1)
  const statement = statementSql(rows, { site, monitors, weights, evictionMs })
  const delayMs = spec.spreadMs + correctableMs(monitors)
  const query = (text: string): Relation => ({ kind: 'sql', query: text })
  const numbers = [delayMs, spec.shufflePartitions].map(String)
  return {
    site,
    hash: fnv1a64([seenText, rowsText, statement, ...metrics, ...numbers]),
    views: (source) => [
      { name: raw, relation: source },
      {
        name: seen,
        relation: { kind: 'observe', input: query(seenText), name: OBSERVED_AS, metrics },
      },
      {
        name: rows,
        relation: {
          kind: 'watermark',
          input: query(rowsText),
          eventTime: 'at',
          delay: `${delayMs} milliseconds`,
        },
      },
    ],
    statement: query(statement),
    observedAs: OBSERVED_AS,
    observed: (values) => observedOf(values, partitions),
    delayMs,
    evictionMs,
  }
}

/** How long after their slice rows of any monitor are still folded (W8). */
const correctableMs = (monitors: readonly MonitorSpec[]): number =>
  Math.max(0, ...monitors.map(({ window }) => window.latenessMs + window.correctionMs))
