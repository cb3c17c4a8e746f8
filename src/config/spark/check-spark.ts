import { sqlLimits } from '../../spark/sql-limits.ts'
import type { Config } from '../config.ts'
import type { ConfigPath } from '../config-error.ts'
import type { Findings } from '../expressions.ts'

/** Judges all monitors for Spark, where it is the engine: one it cannot run refuses the file. */
export function checkSpark(
  { aggregate, site: ownSite, monitors, log }: Config,
  { findings, notes }: { readonly findings: Findings; readonly notes: Findings },
): void {
  const { engine, spark: spec } = aggregate
  if (engine !== 'spark' || spec === undefined) return
  for (const found of sqlLimits({ monitors, spec, partitions: log.partitions, ownSite })) {
    const { monitor, severity, message, advice } = found
    const at = monitors.findIndex(({ id }) => id === monitor)
    const path: ConfigPath = at < 0 ? ['aggregate', 'spark'] : ['monitors', at, 'id']
    const finding = { path, message, advice, ...(at < 0 && { isKey: true }) }
    if (severity === 'error') findings.push(finding)
    else notes.push(finding)
  }
}
