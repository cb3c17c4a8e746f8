import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { configManual } from './config-manual.ts'
import { schemaGuide, type GuideNode } from './schema/schema-guide.ts'

test('docs/config.md is what the schema says', () => {
  const file = join(import.meta.dirname, '../../docs/config.md')

  assert.equal(readFileSync(file, 'utf8'), configManual())
})

test('every field of the schema has a sentence', () => {
  const silent: string[] = []
  const visit = (node: GuideNode, path: string): void => {
    for (const [key, below] of Object.entries(node.properties ?? {})) {
      if (below.description === undefined && below.$ref === undefined) silent.push(`${path}.${key}`)
      visit(below, `${path}.${key}`)
    }
    if (node.items !== undefined) visit(node.items, `${path}[]`)
    if (typeof node.additionalProperties === 'object') visit(node.additionalProperties, `${path}.*`)
    for (const option of node.oneOf ?? node.anyOf ?? []) visit(option, path)
  }
  visit(schemaGuide(), '')

  assert.deepEqual(silent, [])
})
