const pad = (value: number): string => String(value).padStart(2, '0')

/** How long ago, as short as it can be said: `4 s`, `3 min`, `2 h 05`, `3 d`. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return `${minutes} min ${pad(seconds % 60)}`
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${pad(minutes % 60)}` : `${Math.floor(hours / 24)} d`
}

/** Time of day in UTC, so that all sites and all viewers say the same. */
export const clockText = (at: number): string => new Date(at).toISOString().slice(11, 19)
