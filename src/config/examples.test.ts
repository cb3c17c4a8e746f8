import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { configErrorText } from './config-error.ts'
import { loadConfig } from './load-config.ts'

const FOLDER = join(import.meta.dirname, '../../examples')

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'))) {
  test(`examples/${name} is a valid configuration`, () => {
    const loaded = loadConfig({ file: join(FOLDER, name), env: {} })

    assert.deepEqual(loaded.ok ? [] : loaded.errors.map(configErrorText), [])
  })
}

test('the recorded night is measured as its acceptance asks', () => {
  const loaded = loadConfig({ file: join(FOLDER, 'puffer.yaml'), env: {} })
  assert.ok(loaded.ok)
  const { monitors, collect } = loaded.config

  assert.deepEqual(collect.map, {
    stream: { from: 'session' },
    session: { from: 'session' },
    delay: { from: 'delay', as: 'text' },
  })
  assert.deepEqual(
    monitors.map(({ id, groupBy, window, aggregates, values }) => ({
      id,
      groupBy,
      windowMs: [window.sizeMs, window.hopMs, window.latenessMs],
      names: [...aggregates, ...values].map(({ name }) => name),
    })),
    [
      {
        id: 'segment-lateness',
        groupBy: ['delay'],
        windowMs: [60_000, 10_000, 2000],
        names: ['count', 'late', 'kb', 'rtt_max', 'rtt_p95', 'sessions', 'late_share'],
      },
      {
        id: 'rtt-inflation',
        groupBy: ['session'],
        windowMs: [10_000, 1000, 2000],
        names: ['inflation'],
      },
    ],
  )
})
