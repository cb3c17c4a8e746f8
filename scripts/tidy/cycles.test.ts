import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cycles } from './cycles.ts'
import { found } from './found.suite.ts'

test('a cycle is told once, by its shortest way, types included', () => {
  const says = found(cycles, {
    'src/a.ts': "import { b } from './b.ts'",
    'src/b.ts': "\nimport { c } from './c.ts'",
    'src/c.ts': "import type { A } from './a.ts'",
  })

  assert.deepEqual(says, [
    'src/a.ts:1 imports itself: src/a.ts > src/b.ts > src/c.ts > src/a.ts; ' +
      'move what both need below them',
  ])
})

test('two ways to one file are no cycle', () => {
  const says = found(cycles, {
    'src/a.ts': "import { b } from './b.ts'\nimport { c } from './c.ts'",
    'src/b.ts': "import { c } from './c.ts'",
    'src/c.ts': '',
  })

  assert.deepEqual(says, [])
})
