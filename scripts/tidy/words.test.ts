import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found } from './found.suite.ts'
import { words } from './words.ts'

test('paths of one machine, hosts of registries and words about the making are told', () => {
  const says = found(words, {
    'docs/a.md': 'see /work/main/x\nin /tmp/out.json\nwritten by an AI',
    'src/a.ts': '// from registry.npmjs.org',
  })

  assert.deepEqual(says, [
    'docs/a.md:1 /work/main is a path of one machine; name it from the root of the repository',
    'docs/a.md:2 /tmp/out.json is a path of one machine; name it from the root of the repository',
    'docs/a.md:3 AI is a word about how the text was made; speak of Nocturne',
    'src/a.ts:1 registry.npmjs.org is the host of a registry; name the package alone',
  ])
})

test('the words of the trade are fine', () => {
  const says = found(words, {
    'docs/a.md': 'The user agent, a proxy, ./work/x, https://example.org/work/x, MAIN',
    'src/a.test.ts': "const log = '/tmp/x'",
  })

  assert.deepEqual(says, [])
})
