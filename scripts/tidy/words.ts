import type { Rule } from './finding.ts'

/** This rule and its test have to say the words. */
const EXCEPT: readonly string[] = [
  'package-lock.json',
  'scripts/tidy/words.ts',
  'scripts/tidy/words.test.ts',
]

type Word = { readonly pattern: RegExp; readonly mend: string; readonly isForProse?: true }

const MACHINE = 'a path of one machine; name it from the root of the repository'
const MAKING = 'a word about how the text was made; speak of Nocturne'

const WORDS: readonly Word[] = [
  { pattern: /(?<![\w.~-])\/(work|root|home|Users)\/[\w.-]+/, mend: MACHINE },
  { pattern: /(?<![\w.~-])\/tmp\/[\w.-]+/, mend: MACHINE, isForProse: true },
  {
    pattern: /\b(registry|proxy|repo\d*|static|files)\.(npmjs|yarnpkg|maven|crates|golang)\b[\w.]*/,
    mend: 'the host of a registry; name the package alone',
  },
  {
    pattern: /\b(AI|LLM|language model|chat ?bot|coding agent|AI agent|sub-?agent)s?\b/,
    mend: MAKING,
  },
  {
    pattern: /\b(session helper|helper session|this session’s brief|the brief says)\b/i,
    mend: MAKING,
  },
]

/** The repository speaks of Nocturne alone. */
export const words: Rule = {
  name: 'words',
  *check(tree) {
    for (const [path, text] of tree.texts) {
      if (EXCEPT.includes(path)) continue
      const banned = WORDS.filter(({ isForProse }) => !isForProse || path.endsWith('.md'))
      for (const [at, line] of text.split('\n').entries()) {
        for (const { pattern, mend } of banned) {
          const [word] = pattern.exec(line) ?? []
          if (word !== undefined)
            yield { rule: 'words', path, line: at + 1, says: `${word} is ${mend}` }
        }
      }
    }
  },
}
