import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { systemClock } from '../../src/std/clock.ts'
import { runGuarded, startGuarded } from './guarded-child.ts'

const bounds = { msMax: 20_000, bytesMax: 1_000 }

/** Of a process as `/proc` has it; what is dead and not yet waited for is Z. */
function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? ''
  } catch (error) {
    return String(error).includes('ENOENT') ? 'gone' : String(error)
  }
}

async function hasEnded(pid: number): Promise<boolean> {
  for (let turn = 0; turn < 200 && !['gone', 'Z'].includes(stateOf(pid)); turn++) {
    await systemClock.sleep(50)
  }
  return ['gone', 'Z'].includes(stateOf(pid))
}

const skip = existsSync('/proc/self/stat') ? false : 'there is no /proc to look into'

test('a guarded child ends when its parent is killed where it stands', { skip }, async () => {
  const from = join(import.meta.dirname, 'guarded-child.ts')
  const code = `
    const { startGuarded } = await import(${JSON.stringify(from)})
    const { pid } = await startGuarded(['sleep', '1000'], '/dev/null')
    process.stdout.write(String(pid))
    setInterval(() => undefined, 1000)`
  const parent = spawn(execPath, ['--input-type=module', '--eval', code])
  const [said] = await once(parent.stdout, 'data')
  const pid = Number(String(said))
  assert.equal(['gone', 'Z'].includes(stateOf(pid)), false)

  parent.kill('SIGKILL')

  assert.ok(await hasEnded(pid))
})

test(
  'a guarded child is the command itself, says how it ended, and logs to a file',
  { skip },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'nocturne-guarded-'))
    t.after(() => rm(folder, { recursive: true }))
    const log = join(folder, 'child.log')

    const child = await startGuarded(['sh', '-c', 'echo $$; exec sleep 1000'], log)
    for (let turn = 0; turn < 200 && (await readFile(log, 'utf8')) === ''; turn++) {
      await systemClock.sleep(50)
    }
    assert.equal(child.howEnded(), undefined)
    child.signal('SIGKILL')

    assert.ok(await hasEnded(child.pid))
    await child.ended
    assert.equal(child.howEnded(), 'signal SIGKILL')
    assert.equal(await readFile(log, 'utf8'), `${child.pid}\n`)
  },
)

test('a guarded run gives what a command printed, or throws what it complained of', async () => {
  assert.equal(await runGuarded(['cat'], { ...bounds, input: 'é\n' }), 'é\n')
  const failing = ['sh', '-c', 'echo why >&2; exit 3']
  await assert.rejects(runGuarded(failing, bounds), /ended with code 3:\s+why/)
  await assert.rejects(runGuarded(['cat', '/dev/zero'], { ...bounds, msMax: 200 }), /no end|bytes/)
})
