import { compileRegex, type WholeMatch } from './linear-regex.ts'

/** One condition on one label; regexes are anchored, and a missing label is an empty one (A80). */
export type Matcher = {
  readonly name: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** Whether all matchers hold for a label set. */
export type LabelTest = (labels: Readonly<Record<string, string>>) => boolean

/** The test, or which matcher is not understood and what to write instead. */
export type MatchersCompiled =
  | { readonly ok: true; readonly matches: LabelTest }
  | { readonly ok: false; readonly matcher: Matcher; readonly message: string }

/** Compiles matchers that must all hold; without any, everything matches. */
export function compileMatchers(matchers: readonly Matcher[]): MatchersCompiled {
  const tests: { readonly name: string; readonly holds: WholeMatch }[] = []
  for (const matcher of matchers) {
    const { name, op, value } = matcher
    if (op === '=' || op === '!=') {
      tests.push({ name, holds: (text) => (text === value) === (op === '=') })
      continue
    }
    const regex = compileRegex(value)
    if (!regex.ok) return { ok: false, matcher, message: regex.message }
    tests.push({ name, holds: (text) => regex.matches(text) === (op === '=~') })
  }
  return {
    ok: true,
    matches: (labels) =>
      tests.every(({ name, holds }) =>
        holds(Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''),
      ),
  }
}
