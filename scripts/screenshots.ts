/**
 * Renders the pictures of the README: starts the program on a seeded match night, waits for its
 * first alert, and photographs the wall in Debian's chromium. `npm run screenshots` after
 * `sh scripts/setup.sh`; the pictures land in docs/img/.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import { startApp } from '../src/app/app.ts'
import { roles } from '../src/app/roles.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { systemClock } from '../src/std/clock.ts'
import { silentLogger } from '../src/telemetry/logger.ts'

const PICTURES = [
  { name: 'wall-dark', path: '/?theme=dark', width: 1600, height: 900 },
  { name: 'wall-light', path: '/?theme=light', width: 1600, height: 900 },
  { name: 'stream', path: '/stream/sim-ams1/arena-1?theme=dark', width: 1600, height: 900 },
  { name: 'feed-phone', path: '/feed?theme=dark', width: 390, height: 844 },
] as const
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** Long enough for the fault to show in the charts, short enough to be in the midst of it. */
const SETTLE_MS = 20_000
const FIRST_ALERT_MS_MAX = 30_000

async function firstAlert(url: string): Promise<void> {
  const until = systemClock.now() + FIRST_ALERT_MS_MAX
  while (systemClock.now() < until) {
    const answer = await fetch(`${url}/api/v1/alerts`)
    const { data } = (await answer.json()) as { data: { alerts: readonly unknown[] } }
    if (data.alerts.length > 0) return
    await systemClock.sleep(500)
  }
  throw new Error('the match night raised no alert')
}

async function photograph(browser: Browser, url: string, folder: string): Promise<void> {
  for (const { name, path, width, height } of PICTURES) {
    const page = await browser.newPage({
      viewport: { width, height },
      locale: 'en-GB',
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
    })
    await page.goto(`${url}${path}`)
    await page.getByText('live', { exact: true }).first().waitFor()
    await systemClock.sleep(2000)
    await page.screenshot({ path: join(folder, `${name}.png`) })
    await page.close()
  }
}

const data = await mkdtemp(join(tmpdir(), 'nocturne-screenshots-'))
const loaded = loadConfig({ file: 'examples/nocturne.yaml', env: {} })
if (!loaded.ok) throw new Error('examples/nocturne.yaml is not valid')
const app = await startApp({
  config: { ...loaded.config, dataFolder: data, http: { host: '127.0.0.1', port: 0 } },
  roles: new Set(roles),
  logger: silentLogger,
  input: process.stdin,
  terminal: { write: () => undefined, isColored: false },
  wallFolder: resolve('web/dist'),
})
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS })
try {
  const { url = '' } = app
  const folder = resolve('docs/img')
  await mkdir(folder, { recursive: true })
  await firstAlert(url)
  await systemClock.sleep(SETTLE_MS)
  await photograph(browser, url, folder)
} finally {
  await browser.close()
  await app.stop()
  await rm(data, { recursive: true, force: true })
}
