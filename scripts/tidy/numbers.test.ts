import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found } from './found.suite.ts'
import { numbers } from './numbers.ts'

const lines = (count: number) => 'a()\n'.repeat(count)
const nested = (depth: number) => `${'if (a) {'.repeat(depth)}${'}'.repeat(depth)}`
const methods = (count: number) =>
  `export interface Log { ${Array.from({ length: count }, (_, i) => `m${i}(): void`).join('\n')} }`
const exports = (count: number) =>
  Array.from({ length: count }, (_, i) => `export const e${i} = 1`).join('\n')

const laws = [
  ['src/a.ts', lines(401), 'lines: 401 of at most 400; the file holds two ideas, part them'],
  ['src/main.ts', lines(121), 'lines: 121 of at most 120; the file holds two ideas, part them'],
  ['web/a.css', `/*${'é'.repeat(98)}*/`, 'columns: 102 of at most 100; break the line'],
  [
    'src/a.ts',
    `const f = () => {\n${lines(69)}}`,
    'lines of a function: 71 of at most 70; name its parts',
  ],
  [
    'src/a.ts',
    'const f = (a, b, c, d) => 1',
    'positional parameters: 4 of at most 3; take one object',
  ],
  ['src/a.ts', nested(5), 'nesting: 5 of at most 4; return early or name a step'],
  ['src/a.ts', exports(6), 'value exports: 6 of at most 5; part the file by nouns'],
  ['src/log/log.ts', methods(9), 'methods of the seam Log: 9 of at most 8; a seam stays narrow'],
] as const

for (const [path, text, says] of laws) {
  test(says, () => {
    assert.deepEqual(found(numbers, { [path]: text }), [`${path}:1 ${says}`])
  })
}

test('a folder has at most 24 files beside its tests', () => {
  const files = Array.from({ length: 25 }, (_, i) => [`src/wire/a${i}.ts`, ''] as const)

  assert.deepEqual(found(numbers, Object.fromEntries([...files, ['src/wire/a.test.ts', '']])), [
    'src/wire:1 files of a folder: 25 of at most 24; it holds two rooms or a folder below',
  ])
})

test('what is within its law is not told, and else if is no step down', () => {
  const says = found(numbers, {
    'src/a.ts': `${lines(395)}const f = (a, b, c) => 1\n${nested(4)}\nif (a) 1\nelse if (b) 2\n`,
    'src/log/log.ts': methods(8),
    'src/b.ts': exports(5),
    'docs/a.md': 'x'.repeat(200),
  })

  assert.deepEqual(says, [])
})
