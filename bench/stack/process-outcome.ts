import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { text } from 'node:stream/consumers'

/** Longer than any of them takes on a busy machine. */
const PROCESS_MS_MAX = 300_000

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
  const flags = [
    '--max-semi-space-size=2',
    ...(process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== ''),
  ]
  const child = spawn(execPath, [...flags, script, JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: PROCESS_MS_MAX,
    killSignal: 'SIGKILL',
    env: { ...process.env, ...SERVER_ENV },
  })
  const exited = once(child, 'exit')
  const said = await text(child.stdout)
  await exited
  if (child.exitCode !== 0) {
    throw new Error(`${script} ended with ${child.exitCode ?? child.signalCode}: ${said}`)
  }
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
