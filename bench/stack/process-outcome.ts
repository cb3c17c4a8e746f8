import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { runGuarded } from '../../scripts/stack/guarded-child.ts'

/** Longer than any of them takes on a busy machine. */
const PROCESS_MS_MAX = 600_000
const SAID_BYTES_MAX = 1_048_576

/** What `bin/nocturne` starts a server with. */
const SERVER_ENV = {
  UV_THREADPOOL_SIZE: '16',
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '131072',
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/nocturne'),
}

/** What a process of a bench says of itself in its one line. */
export type ProcessOutcome = {
  readonly rows: number
  /** From its first request to its last answer; the start of the process does not count. */
  readonly seconds: number
  /** Of the whole process, its start included where nothing else is said. */
  readonly cpu_seconds: number
  readonly rss_mb: number
}

/** Runs a script of ours with one argument of JSON, by the flags of a server, to its end. */
export async function outcomeOf<Outcome extends ProcessOutcome>(
  script: string,
  given: object,
): Promise<Outcome> {
  const environment = Object.entries(SERVER_ENV).map(([name, value]) => `${name}=${value}`)
  const words = [execPath, '--max-semi-space-size=2', script, JSON.stringify(given)]
  const bounds = { msMax: PROCESS_MS_MAX, bytesMax: SAID_BYTES_MAX }
  const said = await runGuarded(['env', ...environment, ...words], bounds)
  return JSON.parse(said.trimEnd().split('\n').at(-1) ?? '') as Outcome
}

/** What was done; by default the processor's time of the whole process counts. */
export type Done = {
  readonly rows: number
  readonly startedAt: number
  readonly cpuBefore?: NodeJS.CpuUsage
}

/** Prints the one line of this process. */
export function tellOutcome({ rows, startedAt, cpuBefore }: Done, more: object = {}): void {
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpu_seconds = (user + system) / 1e6
  const rss_mb = Math.round(process.resourceUsage().maxRSS / 1024)
  process.stdout.write(`${JSON.stringify({ rows, seconds, cpu_seconds, rss_mb, ...more })}\n`)
}

/** What another process has used so far: fields 14 and 15 of its `stat`, and its greatest RSS. */
export function costOf(pid: number): { readonly cpuSeconds: number; readonly rssMb: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    rssMb: Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024),
  }
}
