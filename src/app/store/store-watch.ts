import { errorCatalogue } from '../../model/error-catalogue.ts'
import type { StoreView } from '../../serve/contract.ts'
import type { ReadinessCheck } from '../../serve/serve-context.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { StoreTrouble, WatchedStore } from './watched-store.ts'

/** The message of a code as far as it says the same of each occurrence. */
const FILLED = /: \{\}$/

/**
 * What readiness says of the store: that it is down is told and is no failure, since alerts do
 * not wait for it (D6).
 */
export function storeCheck(trouble: StoreTrouble | undefined, now: number): ReadinessCheck {
  const name = 'store'
  if (trouble === undefined) return { name, isOk: true }
  const { code, detail, since } = trouble
  const seconds = Math.max(0, Math.round((now - since) / 1_000))
  return { name, isOk: true, code, detail: `degraded for ${seconds} s: ${detail}` }
}

/** What the wall says of the store; its details, which name hosts, are for operators. */
export function storeView(trouble: StoreTrouble | undefined, now: number): StoreView | null {
  if (trouble === undefined) return null
  const { code, since } = trouble
  const says = errorCatalogue[code].message.replace(FILLED, '')
  return { code, says, age_ms: Math.max(0, now - since) }
}

/** Brings how the store's calls went into the metrics (R7). */
export function observeStore(metrics: Metrics, store: WatchedStore): void {
  metrics.storeUp.set(store.trouble === undefined ? 1 : 0)
  for (const [reason, count] of store.failures) {
    metrics.storeFailures.remove({ reason })
    metrics.storeFailures.inc({ reason }, count)
  }
}
