import type { MonitorSpec } from '../../model/monitor.ts'
import { compileMonitor, type CompiledMonitor } from '../compiled-monitor.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000

/** A monitor whose windows are roll-ups of this length, made of the slices that it has. */
export function rollUpMonitor(spec: MonitorSpec, stepMs: number): CompiledMonitor {
  const compiled = compileMonitor({ ...spec, rules: [] })
  const window = { ...spec.window, sizeMs: stepMs, hopMs: stepMs }
  return { ...compiled, spec: { ...compiled.spec, window } }
}
