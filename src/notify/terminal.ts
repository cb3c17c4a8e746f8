import type { Notice, NoticeAlert } from '../model/notice.ts'
import type { Clock } from '../std/clock.ts'
import type { HttpResult } from './http-post.ts'

export type TerminalOptions = {
  /** Takes whole lines, each with its end. */
  readonly write: (text: string) => void
  readonly clock: Clock
  /** False where the output is no terminal or NO_COLOR is set. */
  readonly isColored: boolean
}

type Look = { readonly shape: string; readonly word: string; readonly color: string }

/** Shape and word both say it, so that colour is never needed. */
const LOOKS: Readonly<Record<string, Look>> = {
  critical: { shape: '◆', word: 'CRITICAL', color: '31;1' },
  warning: { shape: '▲', word: 'WARNING ', color: '33' },
  info: { shape: '●', word: 'INFO    ', color: '36' },
  resolved: { shape: '✓', word: 'RESOLVED', color: '32' },
}
const UNRATED: Look = { shape: '■', word: 'ALERT   ', color: '31' }

/** Delivers a notice as one line for each of its alerts that is new or changed. */
export const terminalDelivery =
  (options: TerminalOptions) =>
  async (notice: Notice): Promise<HttpResult> => {
    options.write(terminalText(notice, { ...options, now: options.clock.now() }))
    return { kind: 'answer', status: 200, retryAfter: undefined, body: '' }
  }

/**
 * One line an alert: time (UTC), shape and severity, alert, labels, summary, and how long ago it
 * happened. Where a notice repeats what is open, it says so. Control characters are escaped.
 */
function terminalText(
  notice: Notice,
  { now, isColored }: { readonly now: number; readonly isColored: boolean },
): string {
  const covered = new Set(notice.steps)
  const isRepeat = notice.reason === 'repeat'
  const shown = notice.alerts.filter(
    ({ episode, seq }) =>
      isRepeat || covered.has(`${episode}-${seq}`) || isOpened(episode, covered),
  )
  const lines = shown.map((alert) => alertLine(alert, { now, isColored, isRepeat }))
  if (notice.truncated > 0) lines.push(`         and ${notice.truncated} more\n`)
  return lines.join('')
}

/** Its newest step may be one that makes no notice, after one that does. */
function isOpened(episode: string, covered: ReadonlySet<string>): boolean {
  for (const id of covered) if (id.startsWith(`${episode}-`)) return true
  return false
}

type LineOptions = { readonly now: number; readonly isColored: boolean; readonly isRepeat: boolean }

function alertLine(alert: NoticeAlert, { now, isColored, isRepeat }: LineOptions): string {
  const { alertname, severity, ...labels } = alert.labels
  const isOpen = alert.status === 'firing'
  const look = LOOKS[isOpen ? (severity ?? '') : 'resolved'] ?? UNRATED
  const mark = `${look.shape} ${look.word}`
  const parts = [
    new Date(now).toISOString().slice(11, 19),
    isColored ? `\u001b[${look.color}m${mark}\u001b[0m` : mark,
    isRepeat ? `still ${alertname ?? ''}` : (alertname ?? ''),
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    alert.annotations['summary'] ?? '',
    `(${ageText(now - (alert.receipt.event ?? alert.starts_at))} ago)`,
  ]
  const [time, sign, ...rest] = parts
  const words = rest.filter((part) => part !== '').map(escapeControls)
  return `${[time, sign, ...words].join('  ')}\n`
}

/** Escapes what would move the cursor, change colours or turn the writing's direction. */
const escapeControls = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })

function ageText(ms: number): string {
  const seconds = Math.max(ms, 0) / 1_000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 120) return `${Math.round(seconds)} s`
  const minutes = seconds / 60
  return minutes < 120 ? `${Math.round(minutes)} min` : `${Math.round(minutes / 60)} h`
}
