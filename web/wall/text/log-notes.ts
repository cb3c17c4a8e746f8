import type { LogView } from '../../../src/serve/contract.ts'
import { ageText } from './age-text.ts'
import { plainText } from './plain-text.ts'

/** A store that is away for less may be restarting. */
const STORE_DUE_MS = 60_000
/** What passes by itself; anything else is somebody's to cure. */
const PASSING: readonly string[] = ['STORE_UNAVAILABLE', 'STORE_TIMEOUT']

/** One line about the log or the store; due: somebody has to act. */
export type LogNote = { readonly label: string; readonly text: string; readonly isDue: boolean }

const counted = new Intl.NumberFormat('en')

/** What has to be said of them, worst first; nothing while all is well. */
export function logNotes({ spool, one_copy: oneCopy, store }: LogView): readonly LogNote[] {
  const notes: LogNote[] = []
  if (spool !== null) {
    const wait = spool.rows === 1 ? 'row waits' : 'rows wait'
    const waiting = `${counted.format(spool.rows)} ${wait}, ${ageText(spool.age_ms)}`
    notes.push(
      spool.refusing
        ? { label: 'spool full', text: `${waiting}; new rows are refused`, isDue: true }
        : { label: 'spooling', text: waiting, isDue: false },
    )
  }
  if (oneCopy !== null) {
    notes.push({
      label: 'one copy',
      text: plainText(oneCopy.replace(/^one copy of /, '')),
      isDue: true,
    })
  }
  if (store !== null) {
    const { code, says, age_ms: ageMs } = store
    notes.push({
      label: 'store down',
      text: `${says}, ${ageText(ageMs)}; windows wait in the log, alerts go on`,
      isDue: ageMs >= STORE_DUE_MS || !PASSING.includes(code),
    })
  }
  return notes.sort((a, b) => Number(b.isDue) - Number(a.isDue))
}
