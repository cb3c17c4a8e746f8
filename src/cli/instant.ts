import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../config/quantity.ts'

/** What people write for an instant, and how one is shown to them. */
export const instant = {
  /**
   * Reads `now`, epoch ms, RFC 3339, or how long ago, such as `10m`.
   * @throws InvalidArgumentError: what to write.
   */
  read(text: string, now: number): number {
    if (text === 'now') return now
    if (/^\d{11,14}$/.test(text)) return Number(text)
    const ago = parseDuration(text)
    if (ago !== undefined) return now - ago
    const at = Date.parse(text)
    if (Number.isNaN(at)) {
      throw new InvalidArgumentError('write 10m (ago), 2026-11-22T20:00:00Z or epoch ms.')
    }
    return at
  },
  /** `2026-11-22T20:00:00Z`; milliseconds only where there are some. */
  text: (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z'),
  /** `12s` or `3m 4s` or `2h 5m`, from then to now. */
  ageText(ms: number): string {
    const seconds = Math.max(0, Math.floor(ms / 1000))
    const minutes = Math.floor(seconds / 60)
    if (minutes === 0) return `${seconds}s`
    if (minutes < 60) return `${minutes}m ${seconds % 60}s`
    return `${Math.floor(minutes / 60)}h ${minutes % 60}m`
  },
} as const
