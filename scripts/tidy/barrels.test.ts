import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barrels } from './barrels.ts'
import { found } from './found.suite.ts'

test('names are not passed on, hidden in an index or left without a name', () => {
  const says = found(barrels, {
    'src/a.ts': "export { b } from './b.ts'\nexport * from './c.ts'\nexport default 1",
    'src/d/index.ts': '',
  })

  assert.deepEqual(says, [
    'src/a.ts:1 passes on b of another file; import it there',
    'src/a.ts:2 passes on all names of another file; import it there',
    'src/a.ts:3 a default export has no name of its own; export it by name',
    'src/d/index.ts:1 index files hide where names come from; name the file for its export',
  ])
})

test('a tool’s configuration may be its default export', () => {
  const says = found(barrels, {
    'src/a.ts': 'export const a = 1',
    'web/vite.config.ts': 'export default {}',
  })

  assert.deepEqual(says, [])
})
