import type { MonitorSpec } from '../../model/monitor.ts'
import { gcd, sliceMsOf } from '../../window/slice.ts'
import { compileMonitor, type CompiledMonitor } from '../compiled-monitor.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000

/**
 * How long a minute's roll-up is: where slices do not divide a minute, the fewest minutes that they
 * do divide. Undefined where those do not divide an hour: of such a monitor there are none (T2).
 */
export function rollUpStepMs(window: MonitorSpec['window']): number | undefined {
  const sliceMs = sliceMsOf(window)
  const stepMs = (sliceMs / gcd(sliceMs, MINUTE_MS)) * MINUTE_MS
  return HOUR_MS % stepMs === 0 ? stepMs : undefined
}

/** A monitor whose windows are roll-ups of this length, made of the slices that it has. */
export function rollUpMonitor(spec: MonitorSpec, stepMs: number): CompiledMonitor {
  const compiled = compileMonitor({ ...spec, rules: [] })
  const window = { ...spec.window, sizeMs: stepMs, hopMs: stepMs }
  return { ...compiled, spec: { ...compiled.spec, window } }
}
