import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lifeStep, type LifeEvent, type LifeState } from './life.ts'

const STATES: readonly LifeState[] = ['offline', 'starting', 'running', 'backoff', 'failed']

/** By event: what each of the states above goes to, and what is done. */
const CELLS: Readonly<Record<LifeEvent, readonly string[]>> = {
  due: ['starting start', 'starting rest', 'running rest', 'starting start', 'starting start'],
  runs: ['offline rest', 'running follow', 'running rest', 'backoff rest', 'failed rest'],
  unreachable: ['offline wait', 'offline wait', 'offline wait', 'offline wait', 'offline wait'],
  gone: ['offline rest', 'backoff wait', 'backoff wait', 'backoff rest', 'failed rest'],
  ended: ['offline rest', 'backoff wait', 'backoff wait', 'backoff rest', 'failed rest'],
  refused: ['failed tell', 'failed tell', 'failed tell', 'failed tell', 'failed tell'],
  batchFailed: ['failed tell', 'failed tell', 'failed tell', 'failed tell', 'failed tell'],
  dataLost: [
    'backoff waitAnew',
    'backoff waitAnew',
    'backoff waitAnew',
    'backoff waitAnew',
    'backoff waitAnew',
  ],
  stuck: ['offline rest', 'backoff wait', 'starting restart', 'backoff rest', 'failed rest'],
  changed: [
    'starting start',
    'starting start',
    'starting restart',
    'starting start',
    'starting start',
  ],
  left: ['offline leave', 'offline leave', 'offline leave', 'offline leave', 'offline leave'],
}

for (const [event, cells] of Object.entries(CELLS) as [LifeEvent, readonly string[]][]) {
  test(`[Z16] in each state it is settled what happens on ${event}`, () => {
    const found = STATES.map((state) => {
      const { to, act } = lifeStep(state, event)
      return `${to} ${act}`
    })

    assert.deepEqual(found, cells)
  })
}
