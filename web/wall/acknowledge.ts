import type { AckRequest, AlertView, ErrorAnswer } from '../../src/serve/contract.ts'
import type { WallStore } from './wall-store.ts'

/** U9: after this without the step, the viewer is told so. */
const CONFIRM_MS = 5_000

/** UUIDv7 (RFC 9562): 48 bits of time, then random; works on plain HTTP, unlike `randomUUID`. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  let rest = Date.now()
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join('-')
}

async function refusal(answer: Response): Promise<string> {
  try {
    return ((await answer.json()) as ErrorAnswer).error.message
  } catch (error) {
    return error instanceof Error ? `the server answered ${answer.status}` : ''
  }
}

/** Asks for an acknowledgement or its end: shown as requested until the step comes. */
export async function acknowledge(
  store: WallStore,
  alert: AlertView,
  act: { readonly by: string; readonly comment: string; readonly kind: 'ack' | 'unack' },
): Promise<void> {
  const { episode } = alert
  const set = (state: 'requested' | 'unconfirmed' | 'refused', why = ''): void =>
    store.setAck(episode, { by: act.by, kind: act.kind, state, why })
  const request: AckRequest = { id: newId(), target: episode, ...act }
  set('requested')
  setTimeout(() => {
    if (store.state.acks.get(episode)?.state === 'requested') set('unconfirmed', 'not confirmed')
  }, CONFIRM_MS)
  try {
    const answer = await fetch('/api/ack', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
    return answer.ok ? undefined : set('refused', await refusal(answer))
  } catch (error) {
    const isCut = error instanceof TypeError
    return set('refused', isCut ? 'the server cannot be reached' : String(error))
  }
}
