import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckedScanner } from './scan-rows.ts'

/** A row that once mattered, or that stands for a rule of the grammar. */
export type CorpusRow = {
  readonly says: string
  /** Of `fieldPlans`; the row is read by all of them, and this one has to say `status`. */
  readonly plan: string
  readonly status: string
  /** A character for each byte, so that what is no UTF-8 can be written too. */
  readonly row: string
}

const FOLDER = join(import.meta.dirname, '../corpus/field-scanner')

/** All rows of the corpus, in order of their files. */
export function fieldCorpus(): readonly CorpusRow[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ndjson'))
  return files.sort().flatMap((name) =>
    readFileSync(join(FOLDER, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): CorpusRow => JSON.parse(line)),
  )
}

/** A row as a line for the corpus. */
export function corpusLine(scanner: CheckedScanner, row: number, plan: string): string {
  const text = String.fromCharCode(...scanner.bytesOf(row))
  const line = { says: 'found by the fuzz', plan, status: scanner.status(row), row: text }
  // No byte beyond ASCII in the file: it is a text like others.
  return JSON.stringify(line).replace(/[\u007f-\u00ff]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
