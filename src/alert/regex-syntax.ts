/** A regular expression as a tree; ranges are code points, both ends included. */
export type RegexNode =
  | { readonly kind: 'set'; readonly ranges: readonly CodeRange[]; readonly negated: boolean }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly RegexNode[] }
  | {
      readonly kind: 'repeat'
      readonly part: RegexNode
      readonly min: number
      readonly max: number
    }

export type CodeRange = readonly [first: number, last: number]

/** The tree, or what is not understood and where (an offset in code points). */
export type RegexParsed =
  | { readonly ok: true; readonly node: RegexNode }
  | { readonly ok: false; readonly message: string; readonly at: number }

/** Carried up through the recursion and caught in `parseRegex`, its only catcher. */
class Refusal extends Error {}

const DIGIT: readonly CodeRange[] = [[48, 57]]
const SPACE: readonly CodeRange[] = [[9, 10], [12, 13], [32, 32]] // prettier-ignore
const WORD: readonly CodeRange[] = [[48, 57], [65, 90], [95, 95], [97, 122]] // prettier-ignore
const CLASSES: Readonly<Record<string, readonly CodeRange[]>> = { d: DIGIT, s: SPACE, w: WORD }
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7 }
/** RE2's own bound on `{n,m}`. */
const REPEAT_MAX = 1000

/**
 * The part of RE2's syntax without flags, Unicode classes, named groups and word boundaries:
 *
 *     choice   = sequence *( "|" sequence )
 *     sequence = *( atom [ ("*" | "+" | "?" | "{" n [ "," [ m ] ] "}") [ "?" ] ] )
 *     atom     = "(" ["?:"] choice ")" | "[" ["^"] 1*( item [ "-" item ] ) "]"
 *              | "." | "^" | "$" | "\" escape | any other character
 *
 * `.` is any character but a line feed. Never throws.
 */
export function parseRegex(source: string): RegexParsed {
  const parser = new Parser([...source])
  try {
    const node = parser.choice()
    if (parser.at < parser.text.length) throw new Refusal('a ) has no ( before it: write \\)')
    return { ok: true, node }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { ok: false, message: error.message, at: parser.at }
  }
}

class Parser {
  readonly text: readonly string[]
  at = 0

  constructor(text: readonly string[]) {
    this.text = text
  }

  #next(): string | undefined {
    return this.text[this.at]
  }

  #take(wanted: string): boolean {
    if (this.#next() !== wanted) return false
    this.at++
    return true
  }

  choice(): RegexNode {
    const parts = [this.#sequence()]
    while (this.#take('|')) parts.push(this.#sequence())
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  #sequence(): RegexNode {
    const parts: RegexNode[] = []
    for (let next = this.#next(); next !== undefined && next !== '|' && next !== ')';) {
      parts.push(this.#repeated(this.#atom()))
      next = this.#next()
    }
    return { kind: 'sequence', parts }
  }

  #repeated(part: RegexNode): RegexNode {
    const bounds = this.#bounds()
    if (bounds === undefined) return part
    this.#take('?') // Lazy or greedy is the same language, and only whole texts are matched.
    const next = this.#next()
    if (next === '*' || next === '+' || next === '?')
      throw new Refusal('two repeats in a row: write a group')
    return { kind: 'repeat', part, ...bounds }
  }

  #bounds(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity }
    if (this.#take('+')) return { min: 1, max: Infinity }
    if (this.#take('?')) return { min: 0, max: 1 }
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at, this.at + 12).join(''))
    if (this.#next() !== '{') return undefined
    if (braces === null) throw new Refusal('write {2}, {2,} or {2,5}, or \\{ for the character')
    const min = Number(braces[1])
    const max = braces[2] === undefined ? min : braces[3] === '' ? Infinity : Number(braces[3])
    const isOrdered = min <= max && min <= REPEAT_MAX && (max <= REPEAT_MAX || max === Infinity)
    if (!isOrdered) throw new Refusal(`a repeat counts up to ${REPEAT_MAX}, the smaller first`)
    this.at += braces[0].length
    return { min, max }
  }

  #atom(): RegexNode {
    const next = this.#next() ?? ''
    if ('*+?{'.includes(next))
      throw new Refusal(`nothing to repeat before ${next}: write \\${next}`)
    this.at++
    switch (next) {
      case '(':
        return this.#group()
      case '[':
        return this.#set()
      case '.':
        return { kind: 'set', ranges: [[10, 10]], negated: true }
      case '^':
        return { kind: 'start' }
      case '$':
        return { kind: 'end' }
      case '\\':
        return this.#escape()
      default:
        return single(code(next))
    }
  }

  #group(): RegexNode {
    if (this.#take('?') && !this.#take(':')) {
      throw new Refusal('flags, names and look-around are not available: write (…) or (?:…)')
    }
    const inner = this.choice()
    if (!this.#take(')')) throw new Refusal('a ( is not closed: write )')
    return inner
  }

  #escape(): RegexNode {
    const letter = this.#next()
    const ranges = letter === undefined ? undefined : CLASSES[letter.toLowerCase()]
    if (letter === undefined || ranges === undefined) return single(this.#escapedCode())
    this.at++
    return { kind: 'set', ranges, negated: letter !== letter.toLowerCase() }
  }

  #escapedCode(): number {
    const letter = this.#next()
    if (letter === undefined) throw new Refusal('a \\ stands at the end: write \\\\')
    const control = CONTROLS[letter]
    if (control === undefined && /[A-Za-z0-9]/.test(letter)) {
      throw new Refusal(`\\${letter} is not available: write the characters in [ ]`)
    }
    this.at++
    return control ?? code(letter)
  }

  #set(): RegexNode {
    const negated = this.#take('^')
    const ranges: CodeRange[] = []
    do {
      if (this.#next() === undefined) throw new Refusal('a [ is not closed: write ]')
      ranges.push(...this.#item())
    } while (!this.#take(']'))
    return { kind: 'set', ranges, negated }
  }

  #item(): readonly CodeRange[] {
    const letter = this.text[this.at + 1] ?? ''
    const ranges = this.#next() === '\\' ? CLASSES[letter] : undefined
    if (ranges !== undefined) {
      this.at += 2
      return ranges
    }
    const first = this.#member()
    const isRange = this.#next() === '-' && this.text[this.at + 1] !== ']'
    if (!isRange) return [[first, first]]
    this.at++
    const last = this.#member()
    if (last < first) throw new Refusal('a range runs backwards: write the smaller first')
    return [[first, last]]
  }

  #member(): number {
    const next = this.#next()
    if (next === undefined) throw new Refusal('a [ is not closed: write ]')
    if (next === '[' && this.text[this.at + 1] === ':') {
      throw new Refusal('named classes are not available: write a-z')
    }
    this.at++
    return next === '\\' ? this.#escapedCode() : code(next)
  }
}

const code = (character: string): number => character.codePointAt(0) ?? 0
const single = (point: number): RegexNode => ({
  kind: 'set',
  ranges: [[point, point]],
  negated: false,
})
