import { spawn, type ChildProcess } from 'node:child_process'
import { open } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { systemClock } from '../../src/std/clock.ts'

/**
 * The shell becomes the command, so the child's pid is the command's own. Before that it leaves a
 * watcher behind, which reads our end of a pipe: a line says that the command has ended, the end
 * of the pipe says that we have died, by SIGKILL too, and then the command dies with us.
 */
const GUARD = '(read -r _ <&3 || kill -9 $$) >/dev/null 2>&1 & exec "$@" 3<&-'
const ERRORS_BYTES_MAX = 4_096

/** A process of ours that cannot outlive us. */
export type GuardedChild = {
  readonly pid: number
  /** Resolves once it has ended: `code 1`, `signal SIGKILL`. Never rejects. */
  readonly ended: Promise<string>
  /** How it ended; undefined while it runs. */
  howEnded(): string | undefined
  /** Signals it; nothing happens where it has ended. */
  signal(name: NodeJS.Signals): void
}

/** Starts a command whose output is appended to a file. It does not keep our process alive. */
export async function startGuarded(
  command: readonly string[],
  logFile: string,
): Promise<GuardedChild> {
  const log = await open(logFile, 'a')
  try {
    const child = spawn('sh', ['-c', GUARD, 'guard', ...command], {
      stdio: ['ignore', log.fd, log.fd, 'pipe'],
    })
    return guarded(child)
  } finally {
    await log.close()
  }
}

/** What a command that ends by itself is given. */
export type GuardedRun = {
  readonly input?: string
  readonly msMax: number
  readonly bytesMax: number
}

/** Runs a command to its end and gives its standard output. Throws with what it said otherwise. */
export async function runGuarded(command: readonly string[], run: GuardedRun): Promise<string> {
  const child = spawn('sh', ['-c', GUARD, 'guard', ...command], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  const { stdin, stdout, stderr } = child
  const running = guarded(child)
  stdin.on('error', () => undefined)
  stdin.end(run.input ?? '')
  const output = textOf(stdout, run.bytesMax)
  const errors = textOf(stderr, run.bytesMax)
  const waiting = new AbortController()
  const how = await Promise.race([
    running.ended,
    systemClock.sleep(run.msMax, waiting.signal).then(() => `no end within ${run.msMax} ms`),
  ])
  waiting.abort()
  running.signal('SIGKILL')
  const [said, complained] = await Promise.all([output, errors])
  if (how === 'code 0') return said
  const tail = `${said}\n${complained}`.trim().slice(-ERRORS_BYTES_MAX)
  throw new Error(`${command.slice(0, 1).join()} … ended with ${how}:\n${tail}`)
}

/** The text of a stream up to a bound; what is beyond is read and dropped. */
async function textOf(stream: Readable, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    if (!(chunk instanceof Buffer) || bytes > bytesMax) continue
    chunks.push(chunk)
    bytes += chunk.length
  }
  if (bytes > bytesMax) throw new Error(`a command said more than ${bytesMax} bytes`)
  return Buffer.concat(chunks).toString('utf8')
}

function guarded(child: ChildProcess): GuardedChild {
  const lifeline = child.stdio[3]
  if (child.pid === undefined || !(lifeline instanceof Socket)) {
    throw new Error('a shell could not be started')
  }
  // The watcher may be gone before our line reaches it.
  lifeline.on('error', () => undefined)
  lifeline.unref()
  child.unref()
  let how: string | undefined
  const ended = new Promise<string>((resolve) => {
    child.on('exit', (code, signal) => {
      how = signal === null ? `code ${code}` : `signal ${signal}`
      lifeline.end('ended\n')
      resolve(how)
    })
  })
  const signal = (name: NodeJS.Signals) => void child.kill(name)
  return { pid: child.pid, ended, howEnded: () => how, signal }
}
