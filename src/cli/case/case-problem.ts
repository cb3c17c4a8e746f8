import type { CaseWord } from './case-line.ts'

/** What a line says that cannot be understood; it never leaves the parser. */
export class CaseProblem extends Error {
  override readonly name = 'CaseProblem'
  readonly column: number
  readonly advice: string

  constructor(word: Pick<CaseWord, 'column'>, message: string, advice: string) {
    super(message)
    this.column = word.column
    this.advice = advice
  }
}
