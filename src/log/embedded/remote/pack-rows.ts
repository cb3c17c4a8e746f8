import { BatchEncoder } from '../../../wire/record-batch/batch-encoder.ts'
import type { RoutedRows } from '../route-rows.ts'
import type { AppendPart } from './log-protocol.ts'

/**
 * The rows of one append as record batches in one buffer of their own, ready to be transferred:
 * what they still need is their place, their time and a CRC.
 */
export function packRows(
  routed: readonly RoutedRows<{ readonly at: { readonly partition: number } }>[],
  batchBytes: number,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly parts: readonly AppendPart[] } {
  const encoder = new BatchEncoder(routed.reduce((sum, { bytes }) => sum + bytes, 128))
  const parts = routed.map(({ partition, rows }) => {
    const from = encoder.length
    for (const row of rows) {
      if (encoder.openBytes === 0) encoder.open()
      encoder.add(row)
      if (encoder.openBytes >= batchBytes) encoder.closeUnstamped()
    }
    if (encoder.openBytes > 0) encoder.closeUnstamped()
    return { partition: partition.at.partition, from, to: encoder.length }
  })
  return { bytes: encoder.takeBytes(), parts }
}
