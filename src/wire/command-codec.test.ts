import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Command } from '../model/command.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import { commandKey, decodeCommand, encodeCommand } from './command-codec.ts'

const command: Command = {
  v: 1,
  id: '019a0000-0000-7000-8000-000000000000',
  at: 1_795_383_160_000,
  by: 'maria',
  kind: 'ack',
  target: 'ad40c6e91ecec5d7-1795383160000',
  until: null,
  comment: 'looking',
}

test('a command is read back as it was written, under its target', () => {
  assert.deepEqual(decodeCommand(encodeCommand(command)), { ok: true, command })
  assert.equal(utf8Text(commandKey(command)), command.target)
})

test('a command of an unknown kind is refused', () => {
  const bytes = utf8(JSON.stringify({ ...command, kind: 'reboot' }))

  assert.deepEqual(decodeCommand(bytes), { ok: false, reason: 'shape' })
})
