import type { BatchColumns, FieldBatch } from '../src/aggregate/rows/field-batch.ts'
import { fieldBatchOf } from '../src/aggregate/wanted-fields.ts'
import type { MonitorSpec } from '../src/model/monitor.ts'
import { rowColumns } from '../test/rig/row-columns.ts'

/** About what one turn of the reader holds. */
const BATCH_ROWS = 3500

/** Rows of the workload whose fields were read, batch by batch, as `foldBatch` takes them. */
export type PreparedColumns = {
  readonly batch: FieldBatch
  readonly rowCount: number
  readonly turns: readonly PreparedTurn[]
}

export type PreparedTurn = {
  readonly columns: BatchColumns
  readonly records: {
    readonly count: number
    readonly times: Float64Array
    readonly base: number
  }
  /** When the batch was appended, epoch ms. */
  readonly at: number
}

/** Reads what these monitors want of the rows, so that a fold alone can be timed. */
export function prepareColumns(
  lines: Iterable<string>,
  monitors: readonly MonitorSpec[],
): PreparedColumns {
  const batch = fieldBatchOf(monitors)
  const turns: PreparedTurn[] = []
  let rows: string[] = []
  let base = 0
  const read = (): void => {
    const at = eventTimeOf(rows.at(-1)!)
    const records = rowColumns(rows, { base, appendedAt: at })
    batch.read(records)
    turns.push({ columns: copyOf(batch), records, at })
    base += rows.length
    rows = []
  }
  for (const line of lines) {
    if (rows.push(line.trimEnd()) === BATCH_ROWS) read()
  }
  if (rows.length > 0) read()
  return { batch, rowCount: base, turns }
}

const eventTimeOf = (line: string): number => (JSON.parse(line) as { readonly ts: number }).ts

function copyOf({ count, masks, numbers, ids, clusters }: FieldBatch): BatchColumns {
  return {
    count,
    masks: masks.map((mask) => mask.slice(0, count)),
    numbers: numbers.map((column) => column.slice(0, count)),
    ids: ids.map((column) => column.slice(0, count)),
    clusters: clusters.slice(0, count),
  }
}
