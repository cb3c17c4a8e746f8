import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { rules } from './rules.ts'

for (const { name } of rules) {
  test(`the rule ${name} has a file and a test beside it that finds and passes`, () => {
    const file = new URL(`./${name}.test.ts`, import.meta.url)

    const text = readFileSync(file, 'utf8')

    assert.match(text, /\[\]\)/)
    assert.match(text, /found\(/)
  })
}
