import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withExceptions } from './exceptions.ts'
import type { Finding } from './finding.ts'

const long: Finding = { rule: 'numbers', path: 'src/a.ts', line: 1, says: 'long', figure: 450 }
const excepted = (figure: number) => [
  { rule: 'numbers', path: 'src/a.ts', figure, reason: 'one table (issue 9)' },
]

test('a figure that fits its exception is not told', () => {
  assert.deepEqual(withExceptions([long], excepted(450)), [])
})

test('a figure that grew is told as if there were no exception', () => {
  assert.deepEqual(withExceptions([long], excepted(449)), [long])
})

test('a figure that fell asks for a lower line, one that is gone for none', () => {
  const says = (findings: readonly Finding[]) =>
    withExceptions(findings, excepted(460)).map((finding) => finding.says)

  assert.deepEqual(says([long]), [
    'numbers in src/a.ts is excepted with 460 and stands at 450; lower it to 450',
  ])
  assert.deepEqual(says([]), [
    'numbers in src/a.ts is excepted with 460 and stands at 0; delete the line',
  ])
})
