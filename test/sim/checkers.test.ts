import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogBatch, LogRecord } from '../../src/log/log.ts'
import { NocturneError } from '../../src/model/nocturne-error.ts'
import type { Store, StoreRows } from '../../src/store/store.ts'
import { stepOf } from '../../src/notify/notify-records.suite.ts'
import { prng } from '../../src/std/prng.ts'
import { checkAlertmanagers } from './check/alertmanager-check.ts'
import { Violation } from './check/ledger.ts'
import { Scheduler } from './core/scheduler.ts'
import { Tally } from './core/tally.ts'
import { runWorld } from './run-seed.ts'
import { appending, lagging, tampered, withJson } from './tampered-log.ts'
import type { Tamper } from './world/machine.ts'
import { SimAlertmanager } from './world/sim-alertmanager.ts'
import { SimEndpoint } from './world/sim-endpoint.ts'
import { smallScenario, type Scenario } from './world/scenario.ts'

const SEED = 8n
const scenario = smallScenario(SEED)
/** Where nothing is corrected positions follow at once. */
const uncorrected = smallScenario(SEED, 0)

type Rows = readonly LogRecord[]
const beside = (change: (rows: Rows) => Rows) => (rows: Rows) => [...rows, ...change(rows)]
const dropped = (): Rows => []
const with7777 = (named: unknown, name: string) => ({ ...Object(named), [name]: 7777 })

/** What is broken, by whom it is noticed, and how. */
const PLANTS: readonly {
  readonly id: string
  readonly what: string
  readonly tamper: Tamper
  readonly noticed: RegExp
  readonly scenario?: Scenario
}[] = [
  {
    id: 'D1',
    what: 'an acknowledged row that is not there',
    tamper: { below: appending('readings', 12, (rows) => rows.slice(1)) },
    noticed: /^acknowledged and lost/,
  },
  {
    id: 'D7',
    what: 'a row that counts twice',
    tamper: {
      below: appending('readings', 14, beside(withJson((row) => ({ ...row, n: 1e6 })))),
    },
    noticed: /counts 2 times/,
  },
  {
    id: 'D2',
    what: 'a position of readings ahead of its panes',
    tamper: { above: lagging('panes', 20) },
    scenario: uncorrected,
    noticed: /^readings\/0 stands at \d+, and of .* rows of \d+ are in a pane/s,
  },
  {
    id: 'D2',
    what: 'a position of panes ahead of its windows',
    tamper: { above: lagging('windows', 5) },
    scenario: uncorrected,
    noticed: /^panes\/0 stood at \d+, and .* was not in the log/s,
  },
  {
    id: 'D2',
    what: 'a position of panes ahead of its steps',
    tamper: { above: lagging('transitions', 20) },
    scenario: uncorrected,
    noticed: /^panes\/0 stood at \d+, and .* was not in the log/s,
  },
  {
    id: 'D2',
    what: 'a position of windows ahead of the store',
    tamper: {
      above: (log) =>
        tampered(log, {
          commit: (claim, offset, note) =>
            log.commit(claim, claim.topic === 'windows' ? offset + 1 : offset, note),
        }),
    },
    noticed: /^windows\/0 stands at \d+, and nobody read so far/,
  },
  {
    id: 'D6',
    what: 'a window that the store took and has not',
    tamper: { store: withoutWindows },
    noticed: /^the store has/,
  },
  {
    id: 'V5',
    what: 'a window with another count of rows',
    tamper: {
      above: appending(
        'windows',
        2,
        withJson((window) => ({ ...window, rows: 99, rev: Number(window['rev']) + 2 })),
      ),
    },
    noticed: /has 99 rows and not/,
  },
  {
    id: 'V5',
    what: 'a window with another value',
    tamper: {
      above: appending(
        'windows',
        2,
        withJson(({ values, ...window }) => ({ ...window, values: with7777(values, 'retrans') })),
      ),
    },
    noticed: /has retrans 7777 and not|one revision, two windows/,
  },
  {
    id: 'S5',
    what: 'a window with another error',
    tamper: {
      above: appending(
        'windows',
        6,
        withJson(({ stderr, ...window }) => ({ ...window, stderr: with7777(stderr, 'rows') })),
      ),
    },
    noticed: /has rows ± 7777 and not ±/,
  },
  {
    id: 'V4',
    what: 'one revision of a window with two contents',
    tamper: {
      above: appending('windows', 2, beside(withJson((window) => ({ ...window, values: {} })))),
    },
    noticed: /^one revision, two windows/,
  },
  {
    id: 'A9',
    what: 'a step that is repeated and differs',
    tamper: {
      above: appending('transitions', 1, beside(withJson((step) => ({ ...step, level: 'info' })))),
    },
    noticed: /^one id, two steps/,
  },
  {
    id: 'A1',
    what: 'a step that nobody decided',
    tamper: {
      above: appending(
        'transitions',
        1,
        beside(withJson((step) => ({ ...step, id: `${String(step['id'])}9` }))),
      ),
    },
    noticed: /^step 2 of an alert is/,
  },
  {
    id: 'A74',
    what: 'a step that is planned twice',
    tamper: {
      above: appending('notices', 2, beside(withJson((notice) => ({ ...notice, seq: 99 })))),
    },
    noticed: /^planned twice/,
  },
  {
    id: 'A74',
    what: 'a notice that is never planned',
    tamper: { above: appending('notices', 2, dropped) },
    noticed: /^what is planned for \w+ lacks/,
  },
  {
    id: 'W8',
    what: 'a late row that is told nowhere',
    tamper: { above: appending('late', 1, dropped) },
    scenario: uncorrected,
    noticed: /is not in late/,
  },
  {
    id: 'R4',
    what: 'a reader that does not stop',
    tamper: {
      above: (log) =>
        tampered(log, {
          read: (claim, options) =>
            claim.group === 'record-windows' ? silent() : log.read(claim, options),
        }),
    },
    noticed: /did not stop in time/,
  },
  {
    id: 'D6',
    what: 'a reader that stays behind',
    tamper: {
      above: (log) =>
        tampered(log, {
          read: (claim, options) =>
            claim.group === 'aggregate' ? nothing(claim.signal) : log.read(claim, options),
        }),
    },
    noticed: /^readings\/0 was read to 0 of/,
  },
  {
    id: 'D5',
    what: 'files that nobody closes',
    tamper: { below: (log) => tampered(log, { close: () => Promise.resolve() }) },
    noticed: /files were left open/,
  },
  {
    id: 'D2',
    what: 'an error that nothing explains',
    tamper: {
      above: (log) =>
        tampered(log, {
          append: (topic, rows) =>
            topic === 'windows'
              ? Promise.reject(new NocturneError('LOG_CORRUPT', 'planted'))
              : log.append(topic, rows),
        }),
    },
    noticed: /^evaluate\/panes\/0 met LOG_CORRUPT/,
  },
]

/** A store that takes windows and keeps none. */
function withoutWindows(store: Store): Store {
  const upsert = ({ windows: _, ...others }: StoreRows) => store.upsert(others)
  return new Proxy(store, {
    get: (target, name) =>
      name === 'upsert' ? upsert : Reflect.get(target, name, target).bind(target),
  })
}

/** A read that gives nothing until the claim ends. */
async function* nothing(signal: AbortSignal): AsyncGenerator<LogBatch> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}

/** A read that gives nothing and never ends. */
const silent = (): AsyncIterable<LogBatch> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.withResolvers<never>().promise }),
})

test('a world in which nobody tampers with the log keeps every promise', async () => {
  const { error } = await runWorld({ seed: SEED, scenario, faults: [] })

  assert.equal(error, undefined)
})

for (const { id, what, noticed, ...plant } of PLANTS) {
  test(`[${id}] the simulator notices ${what}`, async () => {
    const { error } = await runWorld({ seed: SEED, scenario, faults: [], ...plant })

    assert.ok(error instanceof Violation, String(error))
    assert.match(error.message, noticed)
  })
}

test('[A1] the simulator notices an Alertmanager that missed an alert for good', async () => {
  const step = stepOf({ alert: 1, seq: 1, step: 'firing', activeAt: 1 })
  const steps = [{ step: { ...step, alert: 'RetransHigh' }, writtenAt: 1 }]
  const endpoint = new SimEndpoint({
    scheduler: new Scheduler(prng(1)),
    tally: new Tally(),
    random: prng(1),
  })
  const ignorant = new SimAlertmanager('http://am', endpoint)

  const check = () => checkAlertmanagers([ignorant], steps, { settledAt: 2, now: 3 })

  assert.throws(check, Violation)
})

test('one seed gives one world, event for event', async () => {
  const faults = [{ at: 2_500, kind: 'die', effects: 9, when: 'torn', end: 'power', downMs: 9 }]
  const run = () => runWorld({ seed: SEED, scenario, faults: faults as never })

  const [first, second] = [await run(), await run()]

  assert.equal(first.error, undefined)
  assert.equal(second.digest, first.digest)
})
