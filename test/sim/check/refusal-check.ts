import { Violation } from './ledger.ts'
import { jsonOf, type LogContents } from './log-contents.ts'
import type { RowFold } from './row-fold.ts'

type Late = { readonly partition: number; readonly offset: number; readonly monitors: string[] }
type Rejected = { readonly source: string; readonly position: string }

/**
 * No row disappears (W8): what came too late lies in `late` with the monitors that would have taken
 * it, and nothing else does. @throws Violation. `rejected` is not kept for ever, so of it only what
 * is there is looked at.
 */
export function checkRefusals(contents: LogContents, folds: readonly RowFold[]): void {
  const expected = new Set(
    folds.flatMap(({ late }, partition) =>
      late.map(({ offset, monitors }) => lateName(partition, offset, monitors)),
    ),
  )
  const got = new Set<string>()
  for (const record of jsonOf(contents, 'late')) {
    const { partition, offset, monitors } = record as Late
    got.add(lateName(partition, offset, monitors))
  }
  for (const name of expected.difference(got)) throw new Violation(`${name} is not in late`)
  for (const name of got.difference(expected)) throw new Violation(`${name} was not late`)
  for (const record of jsonOf(contents, 'rejected')) {
    const { source, position } = record as Rejected
    if (!source.startsWith('log:readings-')) continue
    const partition = Number(source.slice('log:readings-'.length))
    const offset = Number(position.slice('offset '.length))
    if (folds[partition]?.refused.includes(offset) === true) continue
    throw new Violation(`a good row was refused: ${source} ${position}`)
  }
}

const lateName = (partition: number, offset: number, monitors: readonly string[]): string =>
  `readings/${partition} ${offset} for ${monitors.toSorted().join()}`
