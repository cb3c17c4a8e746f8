import type { AggregateKind } from '../../model/monitor.ts'
import { DistinctColumn } from './distinct-column.ts'
import { ExtremumColumn, MeanColumn } from './number-columns.ts'
import { QuantileColumn } from './quantile-column.ts'
import type { ColumnPlan, StateColumn } from './state-column.ts'
import { CountColumn, SumColumn } from './total-columns.ts'

type Kind = {
  /** What its lanes hold in a slot without rows. */
  readonly lanes: readonly number[]
  readonly column: (plan: ColumnPlan) => StateColumn
}

/** Total by type: a new kind does not compile until it has its row. */
export const columnKinds: Readonly<Record<AggregateKind, Kind>> = {
  count: { lanes: [0], column: (plan) => new CountColumn(plan) },
  sum: { lanes: [0], column: (plan) => new SumColumn(plan) },
  min: { lanes: [Infinity], column: (plan) => new ExtremumColumn(plan) },
  max: { lanes: [-Infinity], column: (plan) => new ExtremumColumn(plan) },
  mean: { lanes: [0, 0], column: (plan) => new MeanColumn(plan) },
  quantile: { lanes: [0], column: (plan) => new QuantileColumn(plan) },
  distinct: { lanes: [0, 0], column: (plan) => new DistinctColumn(plan) },
}
