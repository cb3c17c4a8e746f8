import type { LogRecord } from '../log/log.ts'
import type { Watermark } from '../model/pane.ts'
import { watermarkKey } from '../wire/pane-codec.ts'
import { encodeWatermark } from '../wire/watermark-codec.ts'

/** Ways that panes of one source may take: as many as two logs of 64 partitions make. */
export const LANES_MAX = 4096

/** From which of how many partitions records come, and to how many they go. */
export type Crossing = { readonly from: number; readonly of: number; readonly to: number }

/**
 * The records that carry a watermark across (P6). Where both logs have as many partitions every
 * key stays on its own, so that the watermark does too. Where they have not, panes of one partition
 * lie on all others: the watermark goes to each, and says by which way it came.
 */
export function spread(watermark: Watermark, crossing: Crossing): readonly LogRecord[] {
  const { from, of, to } = crossing
  const key = watermarkKey(watermark.site, watermark.partition)
  if (of === to) return [{ key, value: encodeWatermark(watermark), partition: from }]
  const { lane = 0, lanes = 1 } = watermark
  const value = encodeWatermark({ ...watermark, lane: lane * of + from, lanes: lanes * of })
  return Array.from({ length: to }, (_, partition) => ({ key, value, partition }))
}
