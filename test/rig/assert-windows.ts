import assert from 'node:assert/strict'
import type { OracleWindow } from './window-oracle.ts'

/** Final windows are those of the oracle, each complete; a quantile within its stated error. */
export function assertWindows(
  finals: ReadonlyMap<string, OracleWindow & { readonly complete: boolean }>,
  expected: ReadonlyMap<string, OracleWindow>,
): void {
  const missing = [...expected.keys()].filter((id) => !finals.has(id))
  assert.deepEqual(missing, [], 'missing')
  assert.equal(finals.size, expected.size)
  for (const [id, { p95, ...exact }] of expected) {
    const final = finals.get(id)
    assert.ok(final !== undefined, `${id} is missing`)
    const { p95: estimate, ...values } = final
    assert.deepEqual(values, { ...exact, complete: true }, id)
    assert.ok(Math.abs(estimate - p95) <= p95 * 0.01 + 0.0005, `${id}: ${estimate} for ${p95}`)
  }
}
