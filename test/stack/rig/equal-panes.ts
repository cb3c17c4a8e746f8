import assert from 'node:assert/strict'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { comparable } from './own-panes.ts'

type Panes = ReturnType<typeof comparable>

/** All panes of one are those of the other, and there are some; says the first few that are not. */
export function assertEqualPanes(
  { spark, own }: { readonly spark: Panes; readonly own: Panes },
  of: string,
): void {
  assert.ok(own.size > 0, `${of}: no panes`)
  const ids = new Set([...spark.keys(), ...own.keys()])
  const unlike = [...ids].filter((id) => !isDeepStrictEqual(spark.get(id), own.get(id)))
  const some = unlike.slice(0, 3).map((id) => ({ id, spark: spark.get(id), own: own.get(id) }))
  const says = inspect(some, { depth: 4, breakLength: 100 })
  assert.equal(unlike.length, 0, `${of}: ${unlike.length} of ${ids.size}: ${says}`)
}
