import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { systemClock } from '../../src/std/clock.ts'
import { startGuarded, type GuardedChild } from './guarded-child.ts'

const READY_MS_MAX = 180_000
const ASK_AGAIN_MS = 100
const STOP_MS_MAX = 30_000
const KILL_MS_MAX = 10_000
const TAIL_BYTES = 4_096
/** Linux counts the processor time of a process in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** One server: how it is started and how it is asked. */
export type NodeSpec = {
  readonly name: string
  readonly isBroker: boolean
  readonly command: readonly string[]
  readonly logFile: string
  /**
   * What it lacks to be ready, undefined if nothing. Beside itself a broker has to know as many
   * brokers as `brokersMin` says.
   */
  lacks(brokersMin: number): Promise<string | undefined>
  /** Waits for what its last life left behind elsewhere; called before each start but the first. */
  readonly beforeAgain?: () => Promise<void>
}

/** Servers that are started, asked and ended as one, and each by its name. */
export class Nodes {
  readonly #specs: ReadonlyMap<string, NodeSpec>
  readonly #children = new Map<string, GuardedChild>()

  constructor(specs: readonly NodeSpec[]) {
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]))
  }

  get names(): readonly string[] {
    return [...this.#specs.keys()]
  }

  /** The process of a node, undefined when it has ended. */
  pid(name: string): number | undefined {
    return this.#running(this.#spec(name).name)?.pid
  }

  /** Starts some nodes at once and waits until all of them are ready. */
  async startAll(names: readonly string[]): Promise<void> {
    const specs = names.map((name) => this.#spec(name))
    for (const spec of specs) await this.#launch(spec)
    const brokers = specs.filter(({ isBroker }) => isBroker).length
    await this.#ready(specs, brokers)
  }

  /** Starts one node that has ended on its old data, and waits until it is ready. */
  async start(name: string): Promise<void> {
    const spec = this.#spec(name)
    if (this.#running(name)) throw new Error(`${name} is running`)
    await spec.beforeAgain?.()
    await this.#launch(spec)
    await this.#ready([spec], 1)
  }

  /** Kills a node where it stands, and waits until it is gone. */
  async kill(name: string): Promise<void> {
    const child = this.#running(this.#spec(name).name)
    child?.signal('SIGKILL')
    if (child) await endedWithin(child, KILL_MS_MAX)
  }

  /** Asks a node to leave in order. What has not left after 30 s is killed. */
  async stop(name: string): Promise<void> {
    const child = this.#running(this.#spec(name).name)
    if (!child) return
    child.signal('SIGTERM')
    if (!(await endedWithin(child, STOP_MS_MAX))) await this.kill(name)
  }

  /** Has a node stand still with all its connections open, until `SIGCONT`. */
  signal(name: string, signal: 'SIGSTOP' | 'SIGCONT'): void {
    const child = this.#running(this.#spec(name).name)
    if (!child) throw new Error(`${name} is not running`)
    child.signal(signal)
  }

  /** Seconds that the brokers now running have spent on processors. */
  brokerCpuSeconds(): number {
    const brokers = [...this.#specs.values()].filter(({ isBroker }) => isBroker)
    const children = brokers.flatMap(({ name }) => this.#running(name) ?? [])
    return children.reduce((seconds, { pid }) => seconds + cpuSeconds(pid), 0)
  }

  #spec(name: string): NodeSpec {
    const spec = this.#specs.get(name)
    if (!spec) throw new Error(`no node ${name}; there are ${this.names.join(' ')}`)
    return spec
  }

  #running(name: string): GuardedChild | undefined {
    const child = this.#children.get(name)
    return child?.howEnded() === undefined ? child : undefined
  }

  async #launch(spec: NodeSpec): Promise<void> {
    this.#children.set(spec.name, await startGuarded(spec.command, spec.logFile))
  }

  async #ready(specs: readonly NodeSpec[], brokersMin: number): Promise<void> {
    const until = systemClock.now() + READY_MS_MAX
    for (const spec of specs) {
      let lacks = await spec.lacks(brokersMin)
      while (lacks !== undefined) {
        for (const each of specs) await this.#failIfEnded(each)
        if (systemClock.now() > until) {
          const log = await tailOf(spec.logFile)
          throw new Error(`${spec.name} is not ready after ${READY_MS_MAX} ms: ${lacks}\n${log}`)
        }
        await systemClock.sleep(ASK_AGAIN_MS)
        lacks = await spec.lacks(brokersMin)
      }
    }
  }

  async #failIfEnded({ name, logFile }: NodeSpec): Promise<void> {
    const how = this.#children.get(name)?.howEnded()
    if (how === undefined) return
    throw new Error(`${name} ended with ${how} while starting\n${await tailOf(logFile)}`)
  }
}

/** Whether a child ends within some time. */
async function endedWithin(child: GuardedChild, ms: number): Promise<boolean> {
  const waiting = new AbortController()
  await Promise.race([child.ended, systemClock.sleep(ms, waiting.signal)])
  waiting.abort()
  return child.howEnded() !== undefined
}

async function tailOf(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    await handle.read(bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString('utf8')
  } finally {
    await handle.close()
  }
}

/** Fields 14 and 15 of `/proc/PID/stat`; the name before them may hold blanks. */
function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch (error) {
    // It ended a moment ago.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}
