import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found } from './found.suite.ts'
import { titles } from './titles.ts'

test('a test comes out the same everywhere', () => {
  const says = found(titles, {
    'src/a.test.ts':
      "test.only('a', f)\ntest.skip('b', f)\ntest('c', { skip: true }, f)\nMath.random()\n" +
      "setTimeout(f, 10)\nserver.listen(8080)\nawait fetch('http://127.0.0.1:8080/livez')\n" +
      "import { setTimeout } from 'node:timers/promises'\ntest('it should hold', f)",
  })

  assert.deepEqual(says, [
    'src/a.test.ts:1 only leaves out the other tests; take it away',
    'src/a.test.ts:2 a skip without its reason; pass { skip: reason }',
    'src/a.test.ts:3 a skip without its reason; give the reason as text',
    'src/a.test.ts:4 Math.random in a test; take a prng with a seed',
    'src/a.test.ts:5 setTimeout in a test; advance a SimulatedClock, or await the event itself',
    'src/a.test.ts:6 the port 8080 may be taken; listen on 0 and ask which it became',
    'src/a.test.ts:7 the port 8080 may be taken; listen on 0 and ask which it became',
    'src/a.test.ts:8 setTimeout in a test; advance a SimulatedClock, or await the event itself',
    'src/a.test.ts:9 a title says should; state the fact',
  ])
})

test('a room with functions has a test of its own or one in test/', () => {
  const files = { 'src/window/a.ts': 'export function a() {}' }

  assert.deepEqual(found(titles, files), [
    'src/window:1 the room window has functions and no test; write one beside them',
  ])
  assert.deepEqual(found(titles, { ...files, 'src/window/a.test.ts': '' }), [])
  const spanning = "import { a } from '../../src/window/a.ts'"
  assert.deepEqual(found(titles, { ...files, 'test/acceptance/a.test.ts': spanning }), [])
})

test('ports that the system chooses, addresses as text and reasons are fine', () => {
  const says = found(titles, {
    'src/a.test.ts':
      "test('a', { skip: missing ? 'no jars here' : false }, f)\nserver.listen(0)\n" +
      "parse('http://localhost:8080')\nimport { setImmediate } from 'node:timers/promises'",
  })

  assert.deepEqual(says, [])
})
