import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found } from './found.suite.ts'
import { pure } from './pure.ts'

test('a pure room has no clock, chance, waiting or outside', () => {
  const says = found(pure, {
    'src/window/a.ts':
      'const a = Date.now()\nconst b = Math.random()\nconst c = async () => 1\n' +
      'export const d = await c\nprocess.exit()\nconsole.log(1)',
  })

  assert.deepEqual(says, [
    'src/window/a.ts:1 Date; time comes as an argument (std/clock.ts) (window is pure)',
    'src/window/a.ts:2 Math.random; chance comes as an argument (std/prng.ts) (window is pure)',
    'src/window/a.ts:3 async; a pure room answers at once; wait in a reader (window is pure)',
    'src/window/a.ts:4 await; a pure room answers at once; wait in a reader (window is pure)',
    'src/window/a.ts:5 process; a pure room knows no outside; pass the value in (window is pure)',
    'src/window/a.ts:6 console; a pure room knows no outside; pass the value in (window is pure)',
  ])
})

test('fields of those names, tests, other rooms and the clock itself may have them', () => {
  const says = found(pure, {
    'src/window/a.ts': 'const a = row.process + { Date: 1 }.Date\nMath.max(1, 2)',
    'src/window/a.test.ts': 'test(async () => { await 1 })',
    'src/collect/a.ts': 'export const a = async () => 1',
    'src/std/clock.ts': 'Date.now()',
  })

  assert.deepEqual(says, [])
})
