import { parseRegex, type RegexNode } from './regex-syntax.ts'

/** Whether the whole text matches; the time is linear in its length, whatever the expression. */
export type WholeMatch = (text: string) => boolean

/** The matcher, or what to write instead and where. */
export type RegexCompiled =
  | { readonly ok: true; readonly matches: WholeMatch }
  | { readonly ok: false; readonly message: string; readonly at: number }

/** One state of the automaton: where it goes, and what it eats on the way (nothing if absent). */
type State = {
  readonly next: number[]
  readonly eats?: Extract<RegexNode, { kind: 'set' }>
  readonly only?: 'start' | 'end'
}

/** Longest source (A80). */
const SOURCE_CHARACTERS_MAX = 256
/** Bounds what `{n,m}` unfolds to, hence the work for each character of a text. */
const STATES_MAX = 4096

/**
 * Compiles a regular expression of `regex-syntax.ts`, anchored at both ends (A80). Simulates
 * Thompson's automaton (CACM 11:6, 1968) over code points: no backtracking, so no expression that
 * a person writes can hold up the pipeline.
 */
export function compileRegex(source: string): RegexCompiled {
  if (source.length > SOURCE_CHARACTERS_MAX) {
    return { ok: false, message: `write at most ${SOURCE_CHARACTERS_MAX} characters`, at: 0 }
  }
  const parsed = parseRegex(source)
  if (!parsed.ok) return parsed
  const states: State[] = []
  const first = build(states, parsed.node, add(states, { next: [] }))
  if (first === undefined)
    return { ok: false, message: 'this unfolds to too much: write smaller counts', at: 0 }
  return { ok: true, matches: (text) => run(states, first, [...text]) }
}

const add = (states: State[], state: State): number => states.push(state) - 1

/** Builds backwards: `then` is the state after the node; answers the state before it. */
function build(states: State[], node: RegexNode, then: number): number | undefined {
  if (states.length > STATES_MAX) return undefined
  switch (node.kind) {
    case 'set':
      return add(states, { next: [then], eats: node })
    case 'start':
    case 'end':
      return add(states, { next: [then], only: node.kind })
    case 'sequence': {
      let first: number | undefined = then
      for (const part of node.parts.toReversed()) {
        first = first === undefined ? undefined : build(states, part, first)
      }
      return first
    }
    case 'choice': {
      const next = node.parts.map((part) => build(states, part, then))
      const known = next.filter((state) => state !== undefined)
      return known.length < next.length ? undefined : add(states, { next: known })
    }
    case 'repeat':
      return buildRepeat(states, node, then)
  }
}

function buildRepeat(
  states: State[],
  { part, min, max }: Extract<RegexNode, { kind: 'repeat' }>,
  then: number,
): number | undefined {
  let first: number | undefined = then
  if (max === Infinity) {
    const loop: State = { next: [then] }
    first = add(states, loop)
    const body = build(states, part, first)
    if (body === undefined) return undefined
    loop.next.push(body)
  }
  const optional = max === Infinity ? 0 : max - min
  for (let i = 0; i < optional + min && first !== undefined; i++) {
    const body: number | undefined = build(states, part, first)
    // Optional copies nest at the end: leaving one leaves all that follow.
    const isOptional = i < optional
    first = body !== undefined && isOptional ? add(states, { next: [body, then] }) : body
  }
  return first
}

function run(states: readonly State[], first: number, text: readonly string[]): boolean {
  const seen = new Int32Array(states.length).fill(-1)
  let current = reach(states, [first], { seen, at: 0, length: text.length })
  for (const [i, character] of text.entries()) {
    const point = character.codePointAt(0) ?? 0
    const eaten = current.flatMap((index) => {
      const { eats, next } = states[index]!
      return eats !== undefined && contains(eats, point) ? next : []
    })
    current = reach(states, eaten, { seen, at: i + 1, length: text.length })
    if (current.length === 0) return false
  }
  return current.includes(0)
}

type Place = { readonly seen: Int32Array; readonly at: number; readonly length: number }

/** All states reached without eating; each is entered once a character: bounded work. */
function reach(states: readonly State[], from: readonly number[], place: Place): readonly number[] {
  const { seen, at, length } = place
  const reached: number[] = []
  const waiting = [...from]
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (seen[index] === at) continue
    seen[index] = at
    const { next, eats, only } = states[index]!
    if ((only === 'start' && at > 0) || (only === 'end' && at < length)) continue
    if (eats !== undefined || index === 0) reached.push(index)
    else waiting.push(...next)
  }
  return reached
}

function contains({ ranges, negated }: NonNullable<State['eats']>, point: number): boolean {
  return ranges.some(([low, high]) => point >= low && point <= high) !== negated
}
