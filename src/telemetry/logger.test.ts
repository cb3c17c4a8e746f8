import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger, silentLogger } from './logger.ts'

/** The lines that a logger wrote, parsed. */
function written(level: 'info' | 'error', say: (logger: ReturnType<typeof createLogger>) => void) {
  const lines: string[] = []
  say(createLogger({ level }, { write: (line) => void lines.push(line) }))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('a line is one JSON object with a time, its facts and the sentence', () => {
  const [line] = written('info', (logger) => logger.warn({ reason: 'LOG_FULL' }, 'no room'))

  assert.equal(line?.['reason'], 'LOG_FULL')
  assert.equal(line['msg'], 'no room')
  assert.match(String(line['time']), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

test('a line names neither the process nor the host', () => {
  const [line] = written('info', (logger) => logger.info({ reason: 'x' }, 'y'))

  assert.deepEqual(Object.keys(line ?? {}), ['level', 'time', 'reason', 'msg'])
})

test('what is below the level is not written', () => {
  const lines = written('error', (logger) => {
    logger.info({ reason: 'a' }, 'quiet')
    logger.error({ reason: 'b' }, 'loud')
  })

  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['loud'],
  )
})

test('the silent logger takes everything and says nothing', () => {
  assert.equal(silentLogger.error({ reason: 'a' }, 'b'), undefined)
})
