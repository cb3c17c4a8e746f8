import type { MonitorSpec } from '../model/monitor.ts'
import { lcm, sliceMsOf } from '../window/slice.ts'
import { fieldsOfMonitor } from './compile-fields.ts'
import { depthOfTest } from './compile-where.ts'
import type { SparkSpec } from './spark-spec.ts'

/** What Spark cannot run, or runs differently. One error means that the site cannot be had so. */
export type SqlFinding = {
  /** The monitor that it is about; absent: the site, or all of them. */
  readonly monitor?: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly advice: string
}

export type LimitsGiven = {
  readonly monitors: readonly MonitorSpec[]
  readonly spec: SparkSpec
  /** Of `readings`. */
  readonly partitions: number
  /** The site of rows that name none. */
  readonly ownSite: string
}

const MONITORS_MAX = 32
const PARTITIONS_MAX = 64
const EVICTION_MS_MAX = 60_000
/** Spark reads its text by recursion, and a stack that overflows may end the server. */
const TEST_DEPTH_MAX = 64
/** Each is a sketch of up to 4 KiB for every distinct count of every group and slice. */
const RATES_MAX = 8

/** Judges a site's monitors for `engine: spark` (spark.md 8); pure. */
export function sqlLimits(given: LimitsGiven): readonly SqlFinding[] {
  return [
    ...bounds(given),
    ...evictions(given.monitors),
    ...kinds(given.monitors),
    ...rates(given),
    ...sites(given),
    ...given.monitors.flatMap(deepTests),
    ...given.monitors.flatMap((monitor) => lateEmission(monitor, given.spec)),
    ...DIFFERENCES,
  ]
}

const error = (message: string, advice: string): SqlFinding => ({
  severity: 'error',
  message,
  advice,
})

const warning = (message: string, advice: string): SqlFinding => ({
  severity: 'warning',
  message,
  advice,
})

function bounds({ monitors, partitions }: LimitsGiven): readonly SqlFinding[] {
  const found: SqlFinding[] = []
  if (monitors.length > MONITORS_MAX) {
    const message = `${monitors.length} monitors are more than one query of Spark is known to carry`
    found.push(error(message, `keep to ${MONITORS_MAX}, or leave the engine at own`))
  }
  if (partitions > PARTITIONS_MAX) {
    const message = `readings has ${partitions} partitions, and Spark is asked for each of them`
    found.push(error(message, `keep to ${PARTITIONS_MAX}, or leave the engine at own`))
  }
  return found
}

/** No slice lies in two of the windows by which Spark lets go of state. */
function evictions(monitors: readonly MonitorSpec[]): readonly SqlFinding[] {
  let common = 1
  for (const { id, window } of monitors) {
    const sliceMs = sliceMsOf(window)
    common = lcm(common, sliceMs)
    if (common <= EVICTION_MS_MAX) continue
    const together = `fit together once in ${common} ms`
    const message = `its slices of ${sliceMs} ms and those before it ${together}`
    const span = `of ${EVICTION_MS_MAX} ms at most`
    const advice = `choose sizes and hops whose slices divide one span, ${span}`
    return [{ monitor: id, ...error(message, advice) }]
  }
  return []
}

/** A column of Spark has one type for all monitors. */
function kinds(monitors: readonly MonitorSpec[]): readonly SqlFinding[] {
  const known = new Map<string, { readonly kind: string; readonly by: string }>()
  const found: SqlFinding[] = []
  for (const monitor of monitors) {
    for (const { name, kind } of fieldsOfMonitor(monitor)) {
      const other = known.get(name)
      if (other === undefined) known.set(name, { kind, by: monitor.id })
      if (other === undefined || other.kind === kind) continue
      const message = `reads ${name} as ${kind}, and ${other.by} reads it as ${other.kind}`
      found.push({
        monitor: monitor.id,
        ...error(message, 'group by, compare and count distinct texts; measure numbers'),
      })
    }
  }
  return found
}

function rates({ monitors, spec }: LimitsGiven): readonly SqlFinding[] {
  const found: SqlFinding[] = []
  const odd = spec.rates.filter((rate) => !(rate >= 1e-6 && rate <= 1))
  for (const rate of odd) {
    found.push(error(`a rate of ${rate} is none that a row may have`, 'write rates from 1e-6 to 1'))
  }
  const counting = monitors.find(({ aggregates }) =>
    aggregates.some(({ kind }) => kind === 'distinct'),
  )
  if (counting !== undefined && spec.rates.length === 0) {
    const message = 'counts distinct values, and spark.rates does not say at which rates rows come'
    const advice = 'write rates: [1], and beside it every p that rows are sampled at'
    found.push({ monitor: counting.id, ...error(message, advice) })
  }
  if (spec.rates.length > RATES_MAX) {
    const message = `${spec.rates.length} rates make as many sketches of every distinct count`
    const advice = `keep to ${RATES_MAX}: rows of other rates are left out and counted`
    found.push(warning(message, advice))
  }
  return found
}

function sites({ spec, ownSite }: LimitsGiven): readonly SqlFinding[] {
  const found: SqlFinding[] = []
  const twice = spec.sites.find((site, i) => spec.sites.indexOf(site) !== i)
  if (twice !== undefined) {
    found.push(error(`spark.sites names ${twice} twice`, 'write each once: it has one query'))
  }
  if (!spec.sites.includes(ownSite)) {
    const message = `spark.sites lacks ${ownSite}, so rows that name no site are refused`
    found.push(warning(message, `add ${ownSite}, unless every row names its site`))
  }
  return found
}

function deepTests({ id, where, aggregates }: MonitorSpec): readonly SqlFinding[] {
  const tests = [where, ...aggregates.map((aggregate) => aggregate.where)]
  const depth = Math.max(...tests.map((test) => (test === undefined ? 0 : depthOfTest(test))))
  if (depth <= TEST_DEPTH_MAX) return []
  const message = `a row test of it is nested ${depth} deep, and Spark reads text by recursion`
  const advice = `keep to ${TEST_DEPTH_MAX}: chains of one operator may be as long as you like`
  return [{ monitor: id, ...error(message, advice) }]
}

/** Panes leave once a batch: early alerts wait for it. */
function lateEmission(monitor: MonitorSpec, { triggerMs }: SparkSpec): readonly SqlFinding[] {
  const { id, rules, window } = monitor
  if (window.emitMs >= triggerMs || !rules.some(({ early }) => early)) return []
  const message = `emit of ${window.emitMs} ms is below spark.trigger of ${triggerMs} ms`
  const advice = 'early alerts come with the batch: raise emit, or lower the trigger'
  return [{ monitor: id, ...warning(message, advice) }]
}

/** What is so for every site that Spark aggregates. */
const DIFFERENCES: readonly SqlFinding[] = [
  warning(
    'rows that were appended twice are folded twice (D7)',
    'let collectors append with promise: durable to an idempotent producer, as ours do',
  ),
  warning(
    'rows for late and rejected are counted by reason and not delivered',
    'watch the counts; with engine: own the rows themselves are kept',
  ),
  warning(
    'nothing bounds the groups that Spark holds (D5)',
    'watch state_rows, and bound what collectors let through',
  ),
  warning(
    'rows nested deeper than 200 are refused as json, and in what begins with {"v":1, a number ' +
      'in place of a text is taken as text',
    'let foreign rows begin with anything else',
  ),
]
