import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Claim, Log, LogGap } from '../log/log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { utf8, utf8Text } from '../std/bytes.ts'
import { encodeClock } from '../wire/watermark-codec.ts'
import { watermarkKey } from '../wire/pane-codec.ts'
import { ForwardPace } from './forward-pace.ts'
import { recordsOf, runToEnd, siteDeps, twoLogs } from './forward-rig.suite.ts'
import { forwardPanes, forwardSteps } from './forward-site.ts'
import { factRow } from './fact-row.suite.ts'
import { AT, pane, paneRow, storyOf, watermarkRow } from './pane-rows.suite.ts'

const TARGET = 'site.ams1.panes'

const panes = (deps: ReturnType<typeof siteDeps>) => ({
  log: deps.log,
  topic: 'panes',
  group: 'forward-panes',
  read: (claim: Claim) => forwardPanes(deps, claim),
})

const steps = (deps: ReturnType<typeof siteDeps>) => ({
  log: deps.log,
  topic: 'transitions',
  group: 'forward-transitions',
  read: (claim: Claim) => forwardSteps(deps, claim),
})

/** A log that does something else at its n-th append, from 0. */
function appending(log: Log, instead: (append: Log['append'], call: number) => Log['append']): Log {
  let calls = 0
  const append: Log['append'] = (topic, rows) =>
    instead((...given) => log.append(...given), calls++)(topic, rows)
  return new Proxy(log, {
    get: (it, name) => {
      if (name === 'append') return append
      const member: unknown = Reflect.get(it, name)
      return typeof member === 'function' ? member.bind(it) : member
    },
  })
}

const down = () => Promise.reject(new NocturneError('LOG_FULL', 'the link is cut'))

test('[P2] [R22] [H2] only the newest revision of a pane leaves, and watermarks last', async () => {
  const logs = await twoLogs()
  const deps = siteDeps(logs)
  const clock = { v: 1, site: 'clock', partition: 0, epoch: 1, commands_to: 0, at: AT } as const
  await logs.here.append('panes', [
    paneRow({ rev: 1 }),
    watermarkRow(500),
    paneRow({ rev: 3 }),
    paneRow({ rev: 2, site: 'ams1/cloudfront' }),
    { key: watermarkKey('clock', 0), value: encodeClock(clock) },
    factRow(),
    paneRow({ rev: 3, closed: true }),
    watermarkRow(3000),
    paneRow({ rev: 1, start: AT + 1000 }),
  ])

  await runToEnd(panes(deps))

  assert.deepEqual(await storyOf(logs.there, TARGET), [
    'p0 ams1/cloudfront +0s rev 2',
    'p0 ams1 +0s rev 3 closed',
    'p0 ams1 +1s rev 1',
    'p0 watermark ams1/0 +3s',
  ])
  assert.deepEqual(Object.fromEntries(deps.progress.skipped), { overtaken: 3, clock: 1, fact: 1 })
})

test('[P2] [R22] of panes that nobody closes the newest revision leaves, as it is', async () => {
  const logs = await twoLogs()
  const rows = [1, 3, 2].map((rev) => ({
    ...paneRow(),
    value: utf8(JSON.stringify({ ...pane({ rev }), v: 1, closed: null })),
  }))
  await logs.here.append('panes', rows)

  await runToEnd(panes(siteDeps(logs)))

  const sent = await recordsOf(logs.there, TARGET)
  assert.deepEqual(
    sent.map(({ value }) => value),
    [rows[1]!.value],
  )
})

test('[V2] a watermark says since when its site has watched, over turns and restarts', async () => {
  const logs = await twoLogs()
  const rows = [watermarkRow(0), watermarkRow(1000), watermarkRow(2000), watermarkRow(60_000)]

  for (const row of rows) {
    await logs.here.append('panes', [row])
    await runToEnd(panes(siteDeps(logs)))
  }

  const values = (await recordsOf(logs.there, TARGET)).map(({ value }) => utf8Text(value))
  const since = values.map((text) => Number(/"since":(\d+)/.exec(text)?.[1]) - AT)
  // The last one comes after a minute in which the site itself heard nothing.
  assert.deepEqual(since, [0, 0, 1000, 60_000])
})

test('[V2] within one turn a break in what a site watched is not lost', async () => {
  const logs = await twoLogs()
  await logs.here.append('panes', [
    watermarkRow(0),
    watermarkRow(1000),
    watermarkRow(60_000),
    watermarkRow(61_000),
  ])

  await runToEnd(panes(siteDeps(logs)))

  const values = (await recordsOf(logs.there, TARGET)).map(({ value }) => utf8Text(value))
  const spans = values.map((text) =>
    ['since', 'watermark'].map((name) => Number(RegExp(`"${name}":(\\d+)`).exec(text)?.[1]) - AT),
  )
  assert.deepEqual(spans, [
    [0, 1000],
    [60_000, 61_000],
  ])
})

test('[D2] whatever call to the cloud fails, all of it is there in the end', async () => {
  for (let failing = 0; failing < 4; failing++) {
    const logs = await twoLogs()
    const there = appending(logs.there, (append, call) => (call === failing ? down : append))
    const rows = Array.from({ length: 40 }, (_, i) =>
      paneRow({ start: AT + i * 1000, group: ['x'.repeat(40_000)] }),
    )
    await logs.here.append('panes', [...rows, watermarkRow(40_000)])
    const run = () => runToEnd(panes(siteDeps({ ...logs, there })))

    await run().catch((error: unknown) => assert.ok(error instanceof NocturneError))
    await run()

    const told = await storyOf(logs.there, TARGET)
    assert.equal(new Set(told).size, 41, `call ${failing}`)
    assert.equal(told.at(-1), 'p0 watermark ams1/0 +40s')
  }
})

test('[D2] a crash between the append and the commit repeats, and nothing more', async () => {
  const logs = await twoLogs()
  await logs.here.append('panes', [paneRow(), watermarkRow(1000)])
  const here = new Proxy(logs.here, {
    get: (it, name) => {
      if (name === 'commit') return down
      const member: unknown = Reflect.get(it, name)
      return typeof member === 'function' ? member.bind(it) : member
    },
  })

  await assert.rejects(runToEnd(panes(siteDeps({ ...logs, here }))), { code: 'LOG_FULL' })
  await runToEnd(panes(siteDeps(logs)))

  const once = ['p0 ams1 +0s rev 1', 'p0 watermark ams1/0 +1s']
  assert.deepEqual(await storyOf(logs.there, TARGET), [...once, ...once])
})

test('[P6] no watermark arrives while a pane before it has not', async () => {
  const logs = await twoLogs()
  const held = Promise.withResolvers<void>()
  const there = appending(logs.there, (append, call) => async (topic, rows) => {
    if (call === 0) await held.promise
    await append(topic, rows)
  })
  await logs.here.append('panes', [paneRow({ rev: 1 })])
  const running = runToEnd(panes(siteDeps({ ...logs, there })))
  await logs.here.append('panes', [watermarkRow(1000)])
  for (let turn = 0; turn < 50; turn++) await setImmediate()
  const before = await storyOf(logs.there, TARGET)

  held.resolve()
  await running

  assert.deepEqual(before, [])
  assert.equal((await storyOf(logs.there, TARGET))[0], 'p0 ams1 +0s rev 1')
})

test('[P6] with other partitions a key decides, and a watermark goes to all', async () => {
  const logs = await twoLogs({ site: 2, between: 3 })
  const wide = Array.from({ length: 12 }, (_, i) => paneRow({ group: [`s${i}`] }))
  await logs.here.append('panes', [
    ...wide,
    { ...watermarkRow(1000), partition: 0 },
    { ...watermarkRow(2000), partition: 1 },
  ])

  await runToEnd(panes(siteDeps(logs)))

  const records = await recordsOf(logs.there, TARGET)
  const ways = records
    .filter(({ key }) => key[0] === 0)
    .map(({ partition, value }) => {
      const [, lane, lanes] = /"lane":(\d),"lanes":(\d)/.exec(utf8Text(value)) ?? []
      return `${partition}: ${lane} of ${lanes}`
    })
  assert.deepEqual(
    ways.sort(),
    ['0', '1', '2'].flatMap((p) => [`${p}: 0 of 2`, `${p}: 1 of 2`]),
  )
  assert.equal(records.length, 12 + 6)
})

test('[A77] steps go first: panes wait while any step is not in the cloud', async () => {
  const logs = await twoLogs()
  const held = Promise.withResolvers<void>()
  const there = appending(logs.there, (append) => async (topic, rows) => {
    if (topic === 'site.ams1.transitions') await held.promise
    await append(topic, rows)
  })
  const deps = siteDeps({ ...logs, there })
  await logs.here.append('transitions', [{ key: utf8('f'), value: utf8('{}') }])
  const stepping = runToEnd(steps(deps))
  for (let turn = 0; turn < 20; turn++) await setImmediate()
  await logs.here.append('panes', [paneRow()])
  const running = runToEnd(panes(deps))
  for (let turn = 0; turn < 50; turn++) await setImmediate()
  const before = await storyOf(logs.there, TARGET)

  held.resolve()
  await Promise.all([stepping, running])

  assert.deepEqual(before, [])
  assert.deepEqual(await storyOf(logs.there, TARGET), ['p0 ams1 +0s rev 1'])
  assert.equal(deps.link.confirmedTo(0), 1)
})

test('[D5] panes keep below the bandwidth, steps do not wait and are paid by panes', async () => {
  const logs = await twoLogs()
  const { clock } = logs
  const pace = new ForwardPace(clock, 1000)
  const stop = new AbortController()
  const leftAt: number[] = []
  const began = clock.now()
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) {
      await pace.paneTurn(1000, stop.signal)
      leftAt.push(clock.now() - began)
    }
  }

  pace.chargeSteps(500)
  const running = turns()
  while (leftAt.length < 5) {
    await setImmediate()
    clock.advance(100)
  }
  await running

  // The first has half a purse left by the steps; then a thousand bytes a second.
  assert.deepEqual(leftAt, [500, 1500, 2500, 3500, 4500])
})

test('[D5] a cloud that never answers does not hold a site that stops', async () => {
  const logs = await twoLogs()
  const { promise: never } = Promise.withResolvers<void>()
  const there = appending(logs.there, () => () => never)
  await logs.here.append('panes', [paneRow()])
  let turns = 0
  const isOver = () => turns++ > 50
  const stopping = runToEnd({ ...panes(siteDeps({ ...logs, there })), until: isOver })
  let hasStopped = false
  const stopped = stopping.then(() => (hasStopped = true))

  while (!hasStopped) {
    await setImmediate()
    logs.clock.advance(100)
  }

  await stopped
  await runToEnd(panes(siteDeps(logs)))
  assert.deepEqual(await storyOf(logs.there, TARGET), ['p0 ams1 +0s rev 1'])
})

test('[W8] records that retention took before they left are counted', async () => {
  const logs = await twoLogs()
  const rows = [1, 2, 3, 4, 5].map((rev) => paneRow({ rev }))
  await logs.here.append('panes', rows)
  const ends = logs.here.ends.bind(logs.here)
  const here = new Proxy(logs.here, {
    get: (it, name) => {
      if (name === 'ends') {
        return async (topic: string) => {
          const all = await ends(topic)
          return topic === 'panes' ? all.map(({ end }) => ({ start: 3, end })) : all
        }
      }
      const member: unknown = Reflect.get(it, name)
      return typeof member === 'function' ? member.bind(it) : member
    },
  })
  const gaps: LogGap[] = []
  const deps = { ...siteDeps({ ...logs, here }), onGap: (gap: LogGap) => void gaps.push(gap) }

  await runToEnd(panes(deps))

  assert.deepEqual(
    gaps.map(({ reason, from, to }) => [reason, from, to]),
    [['expired', 0, 3]],
  )
  assert.deepEqual(await storyOf(logs.there, TARGET), ['p0 ams1 +0s rev 5'])
})
