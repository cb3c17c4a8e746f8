import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dead } from './dead.ts'
import { found } from './found.suite.ts'

const main = "import { run } from './cli/run.ts'\nrun()"

test('files and exports that only tests use, or nobody, are dead', () => {
  const says = found(dead, {
    'src/main.ts': main,
    'src/cli/run.ts': 'export const run = () => 1\nexport const walk = 2\nexport const idle = 3',
    'src/cli/run.test.ts': "import { walk } from './run.ts'\nimport { old } from './old.ts'",
    'src/cli/old.ts': 'export const old = 1',
    'src/cli/none.ts': '',
  })

  assert.deepEqual(says, [
    'src/cli/old.ts:1 only tests reach this file; use it, or delete both',
    'src/cli/none.ts:1 nothing reaches this file; use it or delete it',
    'src/cli/run.ts:2 only tests use walk; test what uses it, or delete it',
    'src/cli/run.ts:3 no other file uses idle; drop the export, or the name',
    'src/cli/old.ts:1 only tests use old; test what uses it, or delete it',
  ])
})

test('workers, pages, suites, twins and formulas with a test of their own are alive', () => {
  const says = found(dead, {
    'src/main.ts': `${main}\nnew Worker(new URL('./cli/worker.ts', import.meta.url))`,
    'src/cli/run.ts':
      'export type Given = number\nexport const run = (given: Given) => half(given)\n' +
      'export const half = (given: number) => given / 2',
    'src/cli/run.test.ts':
      "import { half } from './run.ts'\nimport { s } from './x.suite.ts'\n" +
      "import { openMemoryLog } from '../log/memory/memory-log.ts'",
    'src/cli/x.suite.ts': 'export const s = 1',
    'package.json': '{"scripts":{"bench":"node bench/run.ts"}}',
    'bench/run.ts': '',
    'bench/a.bench.ts': "run('bench/rival.ts')",
    'bench/rival.ts': '',
    'src/cli/worker.ts': '',
    'src/log/memory/memory-log.ts': 'export const openMemoryLog = 1',
    'web/index.html': '<script type="module" src="/wall/main.tsx"></script>',
    'web/wall/main.tsx': '',
  })

  assert.deepEqual(says, [])
})
