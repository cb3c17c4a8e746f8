/** A cell: numbers stand at the right, texts at the left. */
export type Cell = string | number | undefined

const UNKNOWN = '–'

const cellText = (cell: Cell): string =>
  cell === undefined ? UNKNOWN : typeof cell === 'number' ? numberText(cell) : safeText(cell)

const numberText = (value: number): string =>
  Number.isInteger(value) ? value.toLocaleString('en') : String(Number(value.toPrecision(6)))

/** Names come from outside: what would move a terminal's cursor is shown as a dot. */
const safeText = (text: string): string => text.replace(/\p{Cc}/gu, '·')

/** Rows below their headings, each column as wide as it must be; unknown is a dash. */
export function textTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const isNumber = headings.map((_, i) => rows.some((row) => typeof row[i] === 'number'))
  const texts = [headings, ...rows.map((row) => row.map(cellText))]
  const widths = headings.map((_, i) => Math.max(...texts.map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((text, i) =>
        isNumber[i] === true ? text.padStart(widths[i]!) : text.padEnd(widths[i]!),
      )
      .join('  ')
      .trimEnd()
  return texts.map(line).join('\n')
}
