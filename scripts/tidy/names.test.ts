import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found } from './found.suite.ts'
import { names } from './names.ts'

test('files are named for a noun, in kebab-case', () => {
  const says = found(names, {
    'src/model/aPane.ts': '',
    'src/wire/json-utils.ts': '',
    'src/common/pane.ts': '',
    'src/wire/route.test.ts': '',
    'src/wire/1.ts': '',
    'src/model/pane.ts': '\nexport const watermark = 1',
  })

  assert.deepEqual(says, [
    'src/model/aPane.ts:1 aPane.ts is not kebab-case; write small letters, digits and dashes',
    'src/wire/json-utils.ts:1 json-utils.ts names no idea; name it for its noun',
    'src/common/pane.ts:1 common names no idea; name it for its noun',
    'src/wire/1.ts:1 1.ts is a bare number; name what it is about',
    'src/model/pane.ts:2 watermark has no word of its file pane; name the file for what it gives',
  ])
})

test('a name hides no global and has its qualifier last', () => {
  const says = found(names, {
    'src/a.ts': 'type Window = 1\nconst maxBytes = 1\nconst MIN_LAG = 1\ntype T = { totalRows: 1 }',
  })

  assert.deepEqual(says, [
    'src/a.ts:1 Window hides the global of that name; say which window',
    'src/a.ts:2 maxBytes leads with its qualifier; put it last (bytesMax)',
    'src/a.ts:3 MIN_LAG leads with its qualifier; put it last (bytesMax)',
    'src/a.ts:4 totalRows leads with its qualifier; put it last (bytesMax)',
  ])
})

test('other forms of a word, a vendor’s keys and pages of the web are as they are', () => {
  const says = found(names, {
    'src/log/recovery.ts': 'export const recover = 1',
    'src/wire/pane-codec.ts': 'export const encodePane = 1',
    'src/window/slice.ts': 'export const gcd = 1\nexport const next = 2',
    'src/log/segment-index.ts': 'open({ maxOpenFiles: Math.max(minOf, 1) })',
    'web/index.html': '',
  })

  assert.deepEqual(says, [])
})
