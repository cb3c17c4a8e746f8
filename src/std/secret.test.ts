import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { utf8, utf8Text } from './bytes.ts'
import { Secret } from './secret.ts'

test('[R9] a secret shows in no print, JSON or inspection', () => {
  const secret = new Secret(utf8('canary'))

  const inspected = inspect({ secret }, { showHidden: true })
  const shown = `${secret} ${JSON.stringify({ secret })} ${inspected}`

  assert.equal(shown.includes('canary'), false)
  assert.equal(utf8Text(secret.reveal()), 'canary')
})
