import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NocturneError } from '../../model/nocturne-error.ts'
import { utf8 } from '../../std/bytes.ts'
import { ackCommand } from './ack-request.ts'

const good = {
  id: '01890000-aaaa-7000-8000-000000000000',
  target: 'ad40c6e91ecec5d7-17',
  by: 'ann',
}
const at = { now: 1_000, you: 'noc' }
const read = (body: unknown) => ackCommand(utf8(JSON.stringify(body)), at)

test('[A50] an acknowledgement becomes a command with the client’s own id', () => {
  assert.deepEqual(read({ ...good, comment: 'mine' }), {
    v: 1,
    id: good.id,
    at: 1_000,
    by: 'ann',
    kind: 'ack',
    target: good.target,
    until: null,
    comment: 'mine',
  })
  assert.equal(read({ id: good.id, target: good.target }).by, 'noc')
  assert.equal(read({ ...good, kind: 'unack', until: 2_000 }).until, 2_000)
})

test('SERVE_BODY_INVALID names what is wrong with an acknowledgement', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [[], /no object/],
    [{ ...good, id: 'x' }, /id is/],
    [{ ...good, target: 'x' }, /target is no episode/],
    [{ ...good, by: ' ' }, /by is/],
    [{ ...good, by: 'a\u202eb' }, /by is/],
    [{ ...good, kind: 'shelve' }, /kind is/],
    [{ ...good, comment: 'x'.repeat(501) }, /comment is/],
    [{ ...good, until: 1_000 }, /until is/],
    [{ ...good, more: 1 }, /more is unknown/],
  ]
  for (const [body, pattern] of cases) {
    assert.throws(() => read(body), pattern, JSON.stringify(body).slice(0, 80))
  }
  const polluted = utf8('{"__proto__":{"by":"x"}}')
  assert.throws(
    () => ackCommand(polluted, at),
    (error) => error instanceof NocturneError && error.code === 'SERVE_BODY_INVALID',
  )
  assert.throws(() => ackCommand(utf8('{'), at), /no JSON/)
})
