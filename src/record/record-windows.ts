import type { Claim } from '../log/log.ts'
import { decodeWindow } from '../wire/window-codec.ts'
import type { RecordDeps } from './record-deps.ts'
import { recordTurns } from './record-turns.ts'

/**
 * Copies the claimed partition of `windows` into the store until the claim's signal aborts. The
 * turn in hand is finished first: to revoke, abort, then await this promise (D4). Windows are
 * keyed by id and revision, so a repeated turn changes nothing (V4).
 * @throws STORE_UNAVAILABLE, STORE_REFUSED, LOG_FENCED: the turn stays uncommitted, and the
 * supervisor begins again at the last position, so an outage delays windows and loses none (D6).
 */
export async function recordWindows(deps: RecordDeps, claim: Claim): Promise<void> {
  await recordTurns(deps, claim, {
    decode: windowOf,
    upsert: (windows) => deps.store.upsert({ windows }),
  })
}

function windowOf(value: Uint8Array) {
  const decoded = decodeWindow(value)
  if (!decoded.ok) return decoded
  const { window } = decoded
  // The store finds a window's group in its id, by cutting off the end (V4).
  const isNamed = window.id.endsWith(`|${window.end}`)
  return isNamed ? ({ ok: true, record: window } as const) : ({ ok: false, reason: 'id' } as const)
}
