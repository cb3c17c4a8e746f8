/**
 * The known name that a person most likely meant: least edit distance, a swap of neighbours counted
 * once (Damerau), and not more than a third of the name apart; undefined where none is that near.
 */
export function nearestName(wrong: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.ceil(wrong.length / 3)) + 0.5
  for (const name of known) {
    const apart = distance(wrong.toLowerCase(), name.toLowerCase())
    if (apart < least) [best, least] = [name, apart]
  }
  return best
}

function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 64) return Infinity
  let older: number[] = []
  let before = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = before[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(change, before[j]! + 1, row[j - 1]! + 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) cost = Math.min(cost, older[j - 2]! + 1)
      row.push(cost)
    }
    older = before
    before = row
  }
  return before[b.length]!
}
