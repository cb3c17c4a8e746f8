import type { WindowSpec } from '../model/monitor.ts'
import { lcm, sliceMsOf } from './slice.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/**
 * How long a minute's roll-up is: where slices do not divide a minute, the fewest minutes that they
 * do divide. Undefined where those do not divide an hour: of such a monitor there are none (T2).
 */
export function rollUpStepMs(window: Pick<WindowSpec, 'sizeMs' | 'hopMs'>): number | undefined {
  const sliceMs = sliceMsOf(window)
  const stepMs = lcm(sliceMs, MINUTE_MS)
  return HOUR_MS % stepMs === 0 ? stepMs : undefined
}
