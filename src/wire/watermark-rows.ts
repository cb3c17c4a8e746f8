import type { Watermark } from '../model/pane.ts'
import { watermarkKey } from './pane-codec.ts'
import { encodeWatermark } from './watermark-codec.ts'

type Row = { readonly key: Uint8Array; readonly value: Uint8Array; readonly partition: number }

/** A source's watermark as it is told: to every partition of `panes` (P6). */
export function watermarkRows(watermark: Watermark, panesPartitions: number): readonly Row[] {
  const key = watermarkKey(watermark.site, watermark.partition)
  const value = encodeWatermark(watermark)
  return Array.from({ length: panesPartitions }, (_, partition) => ({ key, value, partition }))
}
