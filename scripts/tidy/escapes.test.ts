import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapes } from './escapes.ts'
import { found } from './found.suite.ts'

test('nothing tells the compiler to look away', () => {
  const says = found(escapes, {
    'src/a.ts':
      'const a: any = 1\nconst b = a as unknown as string\nconst c = map.get(1)!\n' +
      'class D { e!: string }\n// @ts-expect-error\n/* oxlint-disable */',
  })

  assert.deepEqual(says, [
    'src/a.ts:1 any; write unknown and look at the value',
    'src/a.ts:2 a cast through unknown; check the value, or let its maker say the type',
    'src/a.ts:3 a stray !; look at the value, only an element access (a[i]!) may have one',
    'src/a.ts:4 a field said to be set later; set it in the constructor',
    'src/a.ts:5 @ts- silences a check; mend what it found',
    'src/a.ts:6 oxlint- silences a check; mend what it found',
  ])
})

test('an element may be taken as there, and in a test any value', () => {
  const says = found(escapes, {
    'src/a.ts': 'const b = a[0]! + a.at(-1)!\nconst c = b as unknown',
    'src/a.test.ts': 'const c = map.get(1)!',
  })

  assert.deepEqual(says, [])
})
