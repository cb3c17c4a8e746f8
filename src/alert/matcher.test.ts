import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileMatchers, type Matcher } from './matcher.ts'

const labels = { stream: 'arena-1', site: 'lyon' }
const said = (...matchers: readonly Matcher[]): boolean => {
  const compiled = compileMatchers(matchers)
  assert.ok(compiled.ok)
  return compiled.matches(labels)
}

test('[A80] all matchers must hold, and a missing label is an empty one', () => {
  assert.ok(said())
  assert.ok(
    said({ name: 'stream', op: '=', value: 'arena-1' }, { name: 'site', op: '!=', value: 'x' }),
  )
  assert.ok(
    !said({ name: 'stream', op: '=', value: 'arena-1' }, { name: 'site', op: '=', value: 'x' }),
  )
  assert.ok(said({ name: 'stream', op: '=~', value: 'arena-[0-9]' }))
  assert.ok(!said({ name: 'stream', op: '=~', value: 'arena' }))
  assert.ok(said({ name: 'stream', op: '!~', value: 'arena' }))
  assert.ok(said({ name: 'cdn', op: '=', value: '' }, { name: 'cdn', op: '!~', value: '.+' }))
  assert.ok(said({ name: 'toString', op: '=', value: '' }))
})

test('[A80] a matcher that is not understood is named', () => {
  const matcher: Matcher = { name: 'stream', op: '=~', value: '(' }

  assert.deepEqual(compileMatchers([matcher]), {
    ok: false,
    matcher,
    message: 'a ( is not closed: write )',
  })
})
