/** A word of a line: alone, or `name=value`; `~` for about. Columns count from 1. */
export type CaseWord = {
  readonly text: string
  readonly column: number
  readonly name?: string
  readonly value?: string
  readonly isApproximate: boolean
}

const WORD = /(?:"(?:[^"\\]|\\.)*"|[^\s"])+/g
const PAIR = /^([A-Za-z_][A-Za-z0-9_]*)([=~])(.*)$/s

/** The words of a line, up to one that begins with `#`. */
export function caseWords(line: string): readonly CaseWord[] {
  const words: CaseWord[] = []
  for (const { 0: text, index } of line.matchAll(WORD)) {
    if (text.startsWith('#')) break
    const [, name, sign, value] = PAIR.exec(text) ?? []
    words.push({
      text,
      column: index + 1,
      ...(name === undefined || value === undefined ? {} : { name, value }),
      isApproximate: sign === '~',
    })
  }
  return words
}

/** A value as rows have it: a number, a truth, a text in quotes or without. */
export function caseValue(text: string): string | number | boolean | undefined {
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return Number(text)
  if (text === 'true' || text === 'false') return text === 'true'
  if (!text.startsWith('"')) return text === '' ? undefined : text
  try {
    return JSON.parse(text) as string
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
