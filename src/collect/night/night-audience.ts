/** The night in minutes after its start and the share of the greatest audience, joined by lines. */
const CURVE: readonly (readonly [minute: number, share: number])[] = [
  [0, 0.6],
  [20, 0.75],
  [30, 0.95], // kick-off
  [75, 1], // half time
  [80, 0.7],
  [88, 0.75],
  [92, 0.98], // second half
  [135, 1], // final whistle
  [145, 0.5],
  [180, 0.35],
  [210, 0.6], // the next night
]

/** The share, 0 to 1, of the greatest audience that watches `elapsedMs` after the night's start. */
export function nightAudience(elapsedMs: number): number {
  const end = CURVE.at(-1)?.[0] ?? 1
  const minute = (elapsedMs / 60_000) % end
  for (let i = 1; i < CURVE.length; i++) {
    const [toMinute, toShare] = CURVE[i] ?? [end, 1]
    if (minute > toMinute) continue
    const [fromMinute, fromShare] = CURVE[i - 1] ?? [0, toShare]
    return fromShare + ((minute - fromMinute) / (toMinute - fromMinute)) * (toShare - fromShare)
  }
  return 1
}
