import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'

/** What a command said and how it ended. */
export type CliResult = {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')

/** A command that has not ended by then never will; its test fails instead of waiting. */
const PATIENCE_MS = 60_000

type CliOptions = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Instead of a minute, for what waits for slow servers. */
  readonly patienceMs?: number
}

/** Starts the command line as people do, with nothing of this process' environment but PATH. */
export function startCli(words: readonly string[], options: CliOptions = {}): ChildProcess {
  const { cwd = process.cwd(), env = {}, patienceMs = PATIENCE_MS } = options
  const child = spawn(process.execPath, [MAIN, ...words], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    timeout: patienceMs,
    killSignal: 'SIGKILL',
  })
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input ?? '')
  return child
}

/** Runs one command to its end. */
export async function runCli(
  words: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  return ended(startCli(words, options))
}

/** Everything that a process says until it ends. */
export async function ended(child: ChildProcess): Promise<CliResult> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (bytes: Buffer) => (out += bytes.toString()))
  child.stderr?.on('data', (bytes: Buffer) => (err += bytes.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}

/** A folder of this test's own, removed after it. */
export async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-cli-'))
  test.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A running `up` in a folder, killed after the test. `url` is the address that it printed. */
export async function startUp(
  test: TestContext,
  words: readonly string[],
  where: string | Pick<CliOptions, 'cwd' | 'patienceMs'>,
): Promise<{
  readonly child: ChildProcess
  readonly url: string
  readonly end: Promise<CliResult>
}> {
  const options = typeof where === 'string' ? { cwd: where } : where
  const child = startCli(['up', '--listen', '127.0.0.1:0', ...words], options)
  test.after(() => child.kill('SIGKILL'))
  const end = ended(child)
  const address = new Promise<string>((found) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      const [url] = /http:\/\/[0-9.:]+/.exec(bytes.toString()) ?? []
      if (url !== undefined) found(url)
    })
  })
  const early = end.then(({ code, err }) => {
    throw new Error(`up ended with ${code}: ${err}`)
  })
  early.catch(() => undefined)
  return { child, url: await Promise.race([address, early]), end }
}
