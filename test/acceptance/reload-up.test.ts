import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { replayedSteps } from '../../src/app/replay-results.ts'
import { openEmbeddedLog } from '../../src/log/embedded/embedded-log.ts'
import { systemClock } from '../../src/std/clock.ts'
import { startUp, temporaryFolder } from '../rig/cli.ts'
import { RunningApp } from '../rig/running-app.ts'

/** A step that has not come by then never will. */
const LIMIT = { timeout: 60_000 }

type Plan = {
  readonly workers?: number
  readonly site?: string
  /** Thresholds by monitor; each takes the greatest value of the field of its name. */
  readonly monitors: Readonly<Record<string, number>>
}

const monitorText = ([id, above]: readonly [string, number]): string => `
  - id: ${id}
    group_by: [stream]
    window: { size: 1s, lateness: 500ms }
    aggregates: { ${id}: { max: ${id} } }
    rules:
      - { alert: High-${id}, when: ${id} > ${above}, clear: ${id} < 0, severity: critical }`

const config = ({ workers = 0, site = 'here', monitors }: Plan): string => `version: 1
site: ${site}
workers: ${workers}
log: { partitions: 2 }
monitors: ${Object.entries(monitors).map(monitorText).join('')}
notify: { receivers: [{ name: noc, kind: terminal }], route: { receiver: noc } }
`

const row = (stream: string, values: Readonly<Record<string, number>>) => ({
  ts: systemClock.now(),
  stream,
  ...values,
})

type Rules = {
  readonly data: { readonly groups: readonly { readonly name: string }[] }
}

async function namesOf(answer: Response): Promise<string> {
  const { data } = (await answer.json()) as Rules
  return data.groups.map(({ name }) => name).join(' ')
}

/** Steps in the log when nobody runs, as alert, stream, step and reason. */
async function storyIn(folder: string): Promise<readonly string[]> {
  const log = await openEmbeddedLog({ folder: join(folder, 'data'), clock: systemClock })
  try {
    const steps = await replayedSteps(log)
    return steps.map(({ alert, labels, step, reason }) =>
      [alert, labels.stream, step, reason].join(' '),
    )
  } finally {
    await log.close()
  }
}

const isReloaded = (is: 0 | 1) => async (answer: Response) =>
  (await answer.text()).includes(`\nnocturne_config_reload_ok ${is}\n`)

for (const workers of [0, 2]) {
  test(
    `[R3] [A75] monitors come, change and go while rows flow (workers: ${workers})`,
    LIMIT,
    async (t) => {
      const folder = await temporaryFolder(t)
      const text = (monitors: Plan['monitors']) => config({ workers, monitors })
      const app = await RunningApp.start(t, { folder, text: text({ x: 50 }) })

      await app.post([row('arena-1', { x: 90 }), row('arena-2', { x: 30, y: 9 })])
      const [first] = (await app.alerts(({ alerts }) => alerts.length === 1)).alerts
      await app.reload(text({ x: 20, y: 5 }))
      await app.until('/api/v1/rules', async (answer) => (await namesOf(answer)) === 'x y')
      await app.post([row('arena-2', { x: 30, y: 9 })])
      const { alerts } = await app.alerts((view) => view.alerts.length === 3)
      await app.reload(text({ y: 5 }))
      const left = await app.alerts((view) => view.alerts.length === 1)
      await app.app.stop()

      assert.equal(
        alerts.find(({ labels }) => labels.stream === 'arena-1')?.episode,
        first?.episode,
      )
      assert.equal(left.alerts[0]?.alert, 'High-y')
      const story = await storyIn(folder)
      assert.deepEqual(story.toSorted(), [
        'High-x arena-1 firing threshold',
        'High-x arena-1 resolved rule_removed',
        'High-x arena-2 firing threshold',
        'High-x arena-2 resolved rule_removed',
        'High-y arena-2 firing threshold',
      ])
    },
  )
}

test(
  '[R3] a configuration that is wrong, or asks for more than monitors, changes nothing',
  LIMIT,
  async (t) => {
    const folder = await temporaryFolder(t)
    const app = await RunningApp.start(t, { folder, text: config({ monitors: { x: 50 } }) })
    const rules = async () => namesOf(await fetch(`${app.url}/api/v1/rules`))
    await app.until('/metrics', isReloaded(1))

    await app.reload('version: 1\nmonitors: nonsense\n')
    await app.until('/metrics', isReloaded(0))
    assert.equal(await rules(), 'x')
    await app.reload(config({ monitors: { z: 1 } }))
    await app.until('/metrics', isReloaded(1))
    await app.reload(config({ site: 'there', monitors: { x: 1 } }))
    await app.until('/metrics', isReloaded(0))

    assert.equal(await rules(), 'z')
    await app.app.stop()
  },
)

test('[R3] SIGHUP reads the file again, and a bad one is told and not taken', LIMIT, async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'c.yaml')
  await writeFile(file, config({ monitors: { x: 50 } }))
  const { child, url, end } = await startUp(t, ['--config', 'c.yaml'], folder)
  const until = async (path: string, isIt: (answer: Response) => Promise<boolean>) => {
    while (!(await isIt(await fetch(`${url}${path}`)))) await systemClock.sleep(5)
  }

  await writeFile(file, config({ monitors: { x: 50, y: 5 } }))
  child.kill('SIGHUP')
  await until('/api/v1/rules', async (answer) => (await namesOf(answer)) === 'x y')
  await writeFile(file, 'version: 1\nmonitors: [{ id: y, wndow: 1s }]\n')
  child.kill('SIGHUP')
  await until('/metrics', isReloaded(0))
  child.kill('SIGINT')
  const { code, out, err } = await end

  assert.equal(code, 0)
  assert.match(`${out}${err}`, /the configuration stays as it was: .*wndow/)
})
