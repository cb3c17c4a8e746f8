import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileRegex } from './linear-regex.ts'

function matches(source: string, text: string): boolean {
  const compiled = compileRegex(source)
  assert.ok(compiled.ok, source)
  return compiled.matches(text)
}

const cases: readonly (readonly [source: string, yes: readonly string[], no: readonly string[]])[] =
  [
    ['', [''], ['a']],
    ['a|bc', ['a', 'bc'], ['', 'abc', 'ac']],
    ['arena-.*', ['arena-1', 'arena-'], ['arena', 'x-arena-1', 'arena-\n']],
    ['(?:ab)+c?', ['ab', 'ababc'], ['c', 'abcab']],
    ['a{2}b{1,}c{0,2}', ['aab', 'aabbcc'], ['ab', 'aabccc']],
    ['[a-c_]+', ['abc_'], ['d', '']],
    ['[^a-c]', ['d', '\n', '😀'], ['a', 'dd']],
    ['[\\]\\-x-]+', ['-]x'], ['\\']],
    ['[\\d.]+', ['1.2'], ['a']],
    ['\\d\\D\\w\\W\\s\\S', ['1a_- x'], ['aa_- x']],
    ['\\.\\*\\n\\\\', ['.*\n\\'], ['x*\n\\']],
    ['^a$|^$', ['a', ''], ['^a$', 'aa']],
    ['a^b|a$b', [], ['ab', 'a^b', 'a$b']],
    ['(a*)*b', ['b', 'aab'], ['aa']],
    ['a*?b+?', ['aab', 'b'], ['a']],
    ['é😀?', ['é', 'é😀'], ['e']],
  ]

for (const [source, yes, no] of cases) {
  test(`[A80] ${JSON.stringify(source)} matches whole texts only`, () => {
    for (const text of yes) assert.ok(matches(source, text), text)
    for (const text of no) assert.ok(!matches(source, text), text)
  })
}

const refused: readonly (readonly [string, RegExp])[] = [
  ['a)', /no \( before it/],
  ['(a', /not closed/],
  ['[a', /not closed/],
  ['[a-', /not closed/],
  ['[', /not closed/],
  ['[]', /not closed/],
  ['*a', /nothing to repeat/],
  ['{2}', /nothing to repeat/],
  ['a**', /two repeats/],
  ['a{', /write \{2\}/],
  ['a{3,2}', /the smaller first/],
  ['a{1001}', /up to 1000/],
  ['((a{100}){100}){100}', /unfolds to too much/],
  ['(?i)a', /flags/],
  ['(?=a)', /look-around/],
  ['(a)\\1', /\\1 is not available/],
  ['\\bA', /\\b is not available/],
  ['\\', /stands at the end/],
  ['[b-a]', /backwards/],
  ['[[:alpha:]]', /named classes/],
  ['x'.repeat(257), /at most 256/],
]

for (const [source, message] of refused) {
  test(`[A80] ${source.slice(0, 20)} is refused with what to write instead`, () => {
    const compiled = compileRegex(source)

    assert.ok(!compiled.ok)
    assert.match(compiled.message, message)
    assert.ok(compiled.at <= source.length)
  })
}

test('[A80] an expression that makes others backtrack for years takes one pass', () => {
  assert.ok(!matches('(a+)+(a+)+(a|a|aa)*', `${'a'.repeat(256)}b`))
})

test('[A80] the answer is that of the language’s own engine on what both understand', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '1', '\\.', '^', '$')
  const { regex } = fc.letrec<{ regex: string }>((tie) => ({
    regex: fc.oneof(
      { depthSize: 'small' },
      atom,
      fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => a + b),
      fc.tuple(tie('regex'), tie('regex')).map(([a, b]) => `(?:${a}|${b})`),
      fc
        .tuple(tie('regex'), fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}'))
        .map(([a, repeat]) => `(${a})${repeat}`),
    ),
  }))
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', '\n'), maxLength: 6 })
  fc.assert(
    fc.property(regex, fc.array(text, { maxLength: 5 }), (source, texts) => {
      fc.pre(source.length <= 60)
      const compiled = compileRegex(source)
      assert.ok(compiled.ok)
      const oracle = new RegExp(`^(?:${source})$`, 'u')
      // The oracle's point leaves out carriage return and two separators too; none occurs here.
      for (const sample of texts) assert.equal(compiled.matches(sample), oracle.test(sample))
    }),
    { numRuns: 300 },
  )
})
