import type { CaseScript, CaseStatement } from '../../app/case-script.ts'
import { parseDuration } from '../../config/quantity.ts'
import { caseAction } from './case-action.ts'
import { caseWords, type CaseWord } from './case-line.ts'
import { CaseProblem } from './case-problem.ts'

/** A file in its two halves: what is configured, and what then happens. */
export type ParsedCase = {
  /** The first comment's text, or the file's name. */
  readonly title: string
  /** YAML, in the lines where it stands in the file. */
  readonly head: string
  /** Instead of the head: the configuration that is named there, as written. */
  readonly configFile?: string
  readonly script: CaseScript
}

/** What is wrong, as `file:line:column message; advice`, or the case. */
export type CaseResult =
  | { readonly ok: true; readonly parsed: ParsedCase }
  | { readonly ok: false; readonly problems: readonly string[] }

const BORDER = '---'
/** A multiple of every window's size and hop that divides a day. */
const START_DEFAULT = Date.UTC(2026, 0, 1)
const REPEATS_MAX = 10_000
const PARTITIONS_MAX = 64

/** Reads a `.case` file; docs/cases.md is its grammar. */
export function parseCase(file: string, text: string): CaseResult {
  const lines = text.split(/\r?\n/)
  const border = lines.findIndex((line) => line.trim() === BORDER)
  if (border < 0) {
    const advice = 'write the configuration, then a line ---, then what happens'
    return { ok: false, problems: [`${file}:1:1 has no line ${BORDER}; ${advice}`] }
  }
  const head = lines.slice(0, border)
  const timeline = new Timeline(file)
  lines.slice(border + 1).forEach((line, i) => timeline.read(line, border + 2 + i))
  const { problems, script } = timeline
  if (problems.length > 0) return { ok: false, problems }
  const comment = head.find((line) => line.startsWith('#'))
  const title = comment?.replace(/^#\s*/, '') ?? file
  const said = head.filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const [only = ''] = said.length === 1 ? said : []
  const configFile = /^config:\s*(\S.*)$/.exec(only)?.[1]
  const named = configFile === undefined ? {} : { configFile }
  return { ok: true, parsed: { title, head: head.join('\n'), ...named, script } }
}

class Timeline {
  readonly problems: string[] = []
  readonly #file: string
  readonly #statements: CaseStatement[] = []
  #startAt = START_DEFAULT
  #partitions = 1
  #isLive = false
  #at = START_DEFAULT

  constructor(file: string) {
    this.#file = file
  }

  get script(): CaseScript {
    return {
      startAt: this.#startAt,
      partitions: this.#partitions,
      isLive: this.#isLive,
      statements: this.#statements,
    }
  }

  read(text: string, line: number): void {
    const [first, ...rest] = caseWords(text)
    if (first === undefined) return
    try {
      this.#take({ first, rest, line, text: text.trim() })
    } catch (error) {
      if (!(error instanceof CaseProblem)) throw error
      const { column, message, advice } = error
      this.problems.push(`${this.#file}:${line}:${column} ${message}; ${advice}`)
      return
    }
  }

  #take(read: Read): void {
    const { first, rest } = read
    if (first.text === 'at') return this.#timed(read)
    if (!['start', 'live', 'partitions'].includes(first.text)) {
      return this.#add([first, ...rest], read)
    }
    if (this.#statements.length > 0) {
      throw new CaseProblem(first, `${first.text} comes too late`, 'write it first below ---')
    }
    if (first.text === 'live') this.#isLive = true
    else if (first.text === 'start') this.#start(rest[0] ?? first)
    else this.#setPartitions(rest[0] ?? first)
  }

  #start(word: CaseWord): void {
    const at = Date.parse(word.text)
    if (Number.isNaN(at)) {
      throw new CaseProblem(word, 'start needs an instant', 'write 2026-01-01T00:00:00Z')
    }
    this.#startAt = at
    this.#at = at
  }

  #setPartitions(word: CaseWord): void {
    const count = Number(word.text)
    if (!Number.isInteger(count) || count < 1 || count > PARTITIONS_MAX) {
      const advice = `write partitions and a number from 1 to ${PARTITIONS_MAX}`
      throw new CaseProblem(word, 'partitions needs a number', advice)
    }
    this.#partitions = count
  }

  /** `at 3s …`, or `at 3s..9s every 1s …`. */
  #timed(read: Read): void {
    const [span = read.first, ...rest] = read.rest
    const advice = 'write at 3s, or at 0s..9s every 1s, and what happens then'
    const [from = '', to] = span.text.split('..')
    const fromMs = parseDuration(from)
    const toMs = to === undefined ? fromMs : parseDuration(to)
    if (fromMs === undefined || toMs === undefined || toMs < fromMs) {
      throw new CaseProblem(span, 'at needs a time from the start', advice)
    }
    if (to === undefined) {
      this.#moveTo(this.#startAt + fromMs, span)
      return this.#add(rest, read)
    }
    const [word, step, ...action] = rest
    const everyMs = word?.text === 'every' ? parseDuration(step?.text ?? '') : undefined
    if (everyMs === undefined || everyMs === 0 || (toMs - fromMs) / everyMs > REPEATS_MAX) {
      throw new CaseProblem(word ?? span, 'a span of time needs every', advice)
    }
    for (let ms = fromMs; ms <= toMs; ms += everyMs) {
      this.#moveTo(this.#startAt + ms, span)
      this.#add(action, read)
    }
  }

  #moveTo(at: number, word: CaseWord): void {
    if (at < this.#at) {
      const advice = 'put lines in the order of their times; a late row says ts='
      throw new CaseProblem(word, 'time would step back', advice)
    }
    this.#at = at
  }

  #add(words: readonly CaseWord[], { line, text }: Read): void {
    const clock = { at: this.#at, startAt: this.#startAt, partitions: this.#partitions }
    this.#statements.push({ line, text, at: this.#at, action: caseAction(words, clock, text) })
  }
}

/** A line with something on it. */
type Read = {
  readonly first: CaseWord
  readonly rest: readonly CaseWord[]
  readonly line: number
  readonly text: string
}
