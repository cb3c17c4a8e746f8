import type { Disk, DiskFile } from '../../../src/log/embedded/disk.ts'
import type { Prng } from '../../../src/std/prng.ts'
import type { EffectGate } from '../core/effect-gate.ts'
import type { Life, Scheduler } from '../core/scheduler.ts'
import type { Trace } from '../core/trace.ts'
import type { DiskOp, DiskTroubles, Trouble } from './disk-troubles.ts'
import type { PlatterFile } from './platter-file.ts'
import { systemError, type Platter } from './platter.ts'

/** Least and most time that a call takes; a sync now and then takes ten times as long. */
const CALL_US = [20, 300] as const
const SYNC_US = [100, 3_000] as const
const LONG_SYNC_SHARE = 0.02

/** What crash points are counted in: all that leaves something behind. */
const EFFECTS: ReadonlySet<DiskOp> = new Set([
  'create',
  'write',
  'datasync',
  'truncate',
  'makeFolder',
  'rename',
  'unlink',
  'syncFolder',
])

type Call<T> = {
  readonly op: DiskOp
  readonly path: string
  readonly perform: (trouble: Trouble | undefined) => T
  /** What a crash in the middle leaves; absent: all or nothing. */
  readonly partly?: () => void
}

export type ProcessDiskParts = {
  readonly platter: Platter
  readonly scheduler: Scheduler
  readonly life: Life
  readonly random: Prng
  readonly troubles: DiskTroubles
  readonly gate: EffectGate
  readonly trace: Trace
}

/**
 * The simulated disk as one process sees it: each call takes its time, may fail, and is never
 * answered once the process is gone. Effects happen when a call is answered; those under way at a
 * crash happen, or do not, or happen in part.
 */
export class ProcessDisk implements Disk {
  /** Files that were opened and not closed. */
  openCount = 0
  readonly #parts: ProcessDiskParts
  readonly #underWay = new Set<Call<unknown>>()

  get underWayCount(): number {
    return this.#underWay.size
  }

  constructor(parts: ProcessDiskParts) {
    this.#parts = parts
  }

  /** The process is gone: chance decides what becomes of the calls under way. */
  end(): void {
    const { random, life, trace } = this.#parts
    life.isOver = true
    for (const call of this.#underWay) {
      const fate = random.below(3)
      trace.note(`under way: ${call.op} ${call.path} ${fate}`)
      if (fate === 1) call.partly?.()
      if (fate === 2 && EFFECTS.has(call.op)) unlessRefused(() => call.perform(undefined))
    }
    this.#underWay.clear()
  }

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    const { platter } = this.#parts
    const op = mode === 'create' ? 'create' : 'open'
    const file = await this.#call({
      op,
      path,
      perform: () => (op === 'create' ? platter.create(path) : platter.file(path)),
    })
    this.openCount++
    return this.#opened(path, file)
  }

  makeFolder(path: string): Promise<void> {
    return this.#call({
      op: 'makeFolder',
      path,
      perform: () => this.#parts.platter.makeFolder(path),
    })
  }

  list(path: string): ReturnType<Disk['list']> {
    return this.#call({ op: 'list', path, perform: () => this.#parts.platter.list(path) })
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call({
      op: 'rename',
      path: from,
      perform: () => this.#parts.platter.rename(from, to),
    })
  }

  unlink(path: string): Promise<void> {
    return this.#call({ op: 'unlink', path, perform: () => this.#parts.platter.unlink(path) })
  }

  syncFolder(path: string): Promise<void> {
    return this.#call({
      op: 'syncFolder',
      path,
      perform: () => this.#parts.platter.syncFolder(path),
    })
  }

  space(path: string): ReturnType<Disk['space']> {
    const perform = () => {
      const { usedBytes, capacityBytes } = this.#parts.platter
      return { freeBytes: Math.max(0, capacityBytes - usedBytes), bytesTotal: capacityBytes }
    }
    return this.#call({ op: 'space', path, perform })
  }

  #opened(path: string, file: PlatterFile): DiskFile {
    return {
      size: () => this.#call({ op: 'size', path, perform: () => file.size }),
      read: (into, at) => this.#call({ op: 'read', path, perform: () => file.read(into, at) }),
      write: (bytes, at) => this.#write({ path, file, bytes, at }),
      datasync: () => {
        const mark = file.mark
        const perform = (trouble: Trouble | undefined): void => {
          if (trouble?.kind === 'lost-sync') {
            file.loseUnsynced(mark)
            throw systemError('EIO', path)
          }
          file.sync(mark)
        }
        return this.#call({ op: 'datasync', path, perform })
      },
      truncate: (size) => this.#call({ op: 'truncate', path, perform: () => file.truncate(size) }),
      close: () => {
        // A file is let go of even where closing it fails.
        this.openCount--
        return this.#call({ op: 'close', path, perform: () => undefined })
      },
    }
  }

  #write(given: {
    readonly path: string
    readonly file: PlatterFile
    readonly bytes: Uint8Array
    readonly at: number
  }): Promise<number> {
    const { platter, random } = this.#parts
    const { path, file, at } = given
    // As the system does: what the caller writes into its buffer meanwhile may be what is written.
    const { bytes } = given
    const take = (count: number): number => {
      file.write(bytes.subarray(0, count), at)
      return count
    }
    const perform = (trouble: Trouble | undefined): number => {
      if (trouble?.kind === 'short-write') return take(random.below(bytes.length))
      const growth = Math.max(0, at + bytes.length - file.size)
      const missing = growth - Math.max(0, platter.capacityBytes - platter.usedBytes)
      if (missing <= 0) return take(bytes.length)
      const fitting = bytes.length - missing
      if (fitting <= 0) throw systemError('ENOSPC', path)
      return take(fitting)
    }
    const partly = () => void take(random.below(bytes.length + 1))
    return this.#call({ op: 'write', path, perform, partly })
  }

  #call<T>(call: Call<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const { life, gate, scheduler, trace } = this.#parts
    if (life.isOver) return promise
    const death = EFFECTS.has(call.op) ? gate.reach() : undefined
    if (death === 'before' || death === 'torn') {
      if (death === 'torn') call.partly?.()
      gate.die()
      return promise
    }
    const trouble = this.#parts.troubles.hit(call.op, scheduler.nowUs)
    this.#underWay.add(call)
    scheduler.after(this.#delayUs(call.op, trouble), life, () => {
      this.#underWay.delete(call)
      trace.note(`${call.op} ${call.path}${trouble === undefined ? '' : ` ${trouble.kind}`}`)
      try {
        const outcome = this.#perform(call, trouble)
        if (death === 'after') gate.die()
        else resolve(outcome)
      } catch (error) {
        return reject(error)
      }
    })
    return promise
  }

  #perform<T>(call: Call<T>, trouble: Trouble | undefined): T {
    if (trouble?.kind !== 'eio') return call.perform(trouble)
    call.partly?.()
    throw systemError('EIO', call.path)
  }

  #delayUs(op: DiskOp, trouble: Trouble | undefined): number {
    const { random } = this.#parts
    if (trouble?.kind === 'slow') return trouble.us ?? 0
    const [from, to] = op === 'datasync' || op === 'syncFolder' ? SYNC_US : CALL_US
    const us = from + random.below(to - from)
    return op === 'datasync' && random.next() < LONG_SYNC_SHARE ? 10 * us : us
  }
}

/** Nobody is there any more to hear that the disk refused it. */
function unlessRefused(perform: () => unknown): void {
  try {
    perform()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return
    throw error
  }
}
