import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found } from './found.suite.ts'
import { layers } from './layers.ts'

const packageJson = '{"dependencies":{"fastify":"5"},"devDependencies":{"fast-check":"4"}}'
const says = (path: string, text: string) =>
  found(layers, { 'package.json': packageJson, [path]: text })

const faults = [
  {
    title: 'a sibling room is refused',
    path: 'src/window/a.ts',
    text: "import { sum } from '../sketch/sum.ts'",
    says: 'window may not import sketch; it may import std, model (src/layers.ts)',
  },
  {
    title: 'types count as imports',
    path: 'src/telemetry/a.ts',
    text: "import type { Rule } from '../alert/rule.ts'",
    says: 'telemetry may not import alert; it may import std, model (src/layers.ts)',
  },
  {
    title: 'a seam is entered by its door',
    path: 'src/record/a.ts',
    text: "import { cases } from '../log/cases.ts'",
    says: 'the seam log is entered by its door; import src/log/log.ts',
  },
  {
    title: 'the command line names no adapter',
    path: 'src/cli/command/a.ts',
    text: "import { openMemoryLog } from '../../log/memory/memory-log.ts'",
    says: 'cli names the adapter log/memory; take src/log/log.ts as an argument',
  },
  {
    title: 'a builtin that the room does not list is refused',
    path: 'src/wire/a.ts',
    text: "import { readFile } from 'node:fs/promises'",
    says: 'wire may not import node:fs/promises; move the line to a room that may (src/layers.ts)',
  },
  {
    title: 'a package that the room does not list is refused, by its name alone',
    path: 'src/record/a.ts',
    text: "import x from 'fastify/lib/x.js'",
    says: 'record may not import fastify; move the line to a room that may (src/layers.ts)',
  },
  {
    title: 'a builtin is written with node:',
    path: 'test/rig/a.ts',
    text: "import { join } from 'path'",
    says: 'write node:path',
  },
  {
    title: 'a test takes only packages that are installed',
    path: 'src/window/a.test.ts',
    text: "import chai from 'chai'",
    says: 'chai is not in package.json',
  },
  {
    title: 'the product takes nothing from a suite',
    path: 'src/record/a.ts',
    text: "import { logSuite } from '../log/log.suite.ts'",
    says: 'src/log/log.suite.ts is a test; move what the product needs out of it',
  },
  {
    title: 'the product takes nothing from outside of src',
    path: 'src/app/a.ts',
    text: "import { rig } from '../../test/rig/rig.ts'",
    says: 'src imports test/rig/rig.ts, which is outside of src; move what it needs into a room',
  },
  {
    title: 'the wall sees only the contract',
    path: 'web/wall/a.ts',
    text: "import type { Pane } from '../../src/model/pane.ts'",
    says: 'the wall may import only src/serve/contract.ts of src; ask serve for it',
  },
  {
    title: 'the wall takes only types from the contract',
    path: 'web/wall/a.ts',
    text: "import { VERSION } from '../../src/serve/contract.ts'",
    says: 'the wall takes only types from src/serve/contract.ts; write import type',
  },
]

for (const { title, path, text, says: expected } of faults) {
  test(title, () => {
    assert.deepEqual(says(path, text), [`${path}:1 ${expected}`])
  })
}

const rights = [
  ['src/record/a.ts', "import type { Log } from '../log/log.ts'"],
  ['src/app/open.ts', "import { openMemoryLog } from '../log/memory/memory-log.ts'"],
  ['src/main.ts', "import { runCli } from './cli/run-cli.ts'\nimport { join } from 'node:path'"],
  ['src/record/a.test.ts', "import { openMemoryLog } from '../log/memory/memory-log.ts'"],
  ['src/window/a.test.ts', "import fc from 'fast-check'\nimport { test } from 'node:test'"],
  ['test/acceptance/a.test.ts', "import { pane } from '../../src/model/pane.ts'"],
  ['web/wall/a.ts', "import type { Cell } from '../../src/serve/contract.ts'"],
] as const

for (const [path, text] of rights) {
  test(`${path} may say: ${text.split('\n')[0]}`, () => {
    assert.deepEqual(says(path, text), [])
  })
}

test('the table of the house lists only rooms below', () => {
  assert.deepEqual(found(layers, { 'src/layers.ts': '' }), [])
})
