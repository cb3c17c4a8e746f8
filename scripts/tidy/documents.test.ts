import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documents } from './documents.ts'
import { found } from './found.suite.ts'

test('what a page names is there', () => {
  const says = found(documents, {
    'package.json': '{"scripts":{"tidy":"x"}}',
    'README.md': '# A\n`src/old.ts:7` and `npm run old`\n[b](docs/b.md)',
  })

  assert.deepEqual(says, [
    'README.md:2 npm run old is not in package.json; name one that is',
    'README.md:2 src/old.ts is not there; name what is',
    'README.md:3 the link docs/b.md leads nowhere; mend it',
  ])
})

test('the root, the layout of text and the titles of pages are kept', () => {
  const says = found(documents, {
    'notes.txt': '',
    'docs/a.md': '# A\n# B\n',
    'src/a.ts': '\ta\na \nb\r\n',
    'docs/big.json': 'x'.repeat(262_145),
  })

  assert.deepEqual(says, [
    'notes.txt:1 notes.txt is no name of the root; move it into a folder',
    'docs/big.json:1 262145 bytes of at most 262144; make it in a script',
    'docs/a.md:1 2 titles; a page has one',
    'src/a.ts:1 a tab; indent with blanks, write \\t in code',
    'src/a.ts:2 blanks at the end of a line; take them away',
    'src/a.ts:3 a line ends in CR LF; end it in LF',
  ])
})

test('true names, folders, anchors, foreign links and fenced code are fine', () => {
  const says = found(documents, {
    'package.json': '{"scripts":{"tidy":"x"}}',
    'src/a.ts': '',
    'docs/b.md':
      '# B\n`src/` `src/a.ts` `npm run tidy` [a](../src/a.ts#L1)\n```\n# no title\n```\n',
    'README.md': '# A\n[b](docs/b.md) [c](https://example.org/x) [d](#below)\n',
  })

  assert.deepEqual(says, [])
})
