import type { LogView } from '../../../src/serve/contract.ts'
import { ageText } from './age-text.ts'
import { plainText } from './plain-text.ts'

/** One line about the log; due: somebody has to act. */
export type LogNote = { readonly label: string; readonly text: string; readonly isDue: boolean }

const counted = new Intl.NumberFormat('en')

/** What has to be said of the log, worst first; nothing while all is well. */
export function logNotes({ spool, one_copy: oneCopy }: LogView): readonly LogNote[] {
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
  return notes.sort((a, b) => Number(b.isDue) - Number(a.isDue))
}
