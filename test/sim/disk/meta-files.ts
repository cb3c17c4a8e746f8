import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Prng } from '../../../src/std/prng.ts'
import { walEnd, type WalEnd } from './wal-tail.ts'

const SHARED_MEMORY = '/dev/shm'

/**
 * The files of the log's metadata, which is real SQLite on a real disk (in memory where there is
 * one). A crash takes them away as they are before the dead connection is closed, for closing would
 * tidy them up; a power cut then cuts the write-ahead log, but never before what was synced.
 */
export class MetaFiles {
  readonly #root: string
  #generation = 0
  #synced: WalEnd = { salts: '', bytes: 0 }

  constructor() {
    const parent = existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir()
    this.#root = mkdtempSync(join(parent, 'nocturne-sim-'))
    mkdirSync(this.#folder)
  }

  get path(): string {
    return join(this.#folder, 'meta.db')
  }

  /** All that was committed so far is on the disk. */
  synced(): void {
    this.#synced = walEnd(this.#wal, this.#synced)
  }

  /** From here on `path` is a copy of what a crash leaves; `power` decides about a power cut. */
  crash(power: Prng | undefined): void {
    const [path, wal] = [this.path, this.#wal]
    const end = walEnd(wal, this.#synced)
    this.#generation++
    mkdirSync(this.#folder)
    if (existsSync(path)) copyFileSync(path, this.path)
    if (existsSync(wal)) copyFileSync(wal, this.#wal)
    if (power === undefined || end.bytes === 0) return
    // Another generation of the log began with a checkpoint, which syncs all before it.
    const from = end.salts === this.#synced.salts ? this.#synced.bytes : 32
    truncateSync(this.#wal, from + power.below(end.bytes - from + 1))
  }

  /** The files of the generation before, whose connection is closed by now. */
  forget(): void {
    rmSync(join(this.#root, `${this.#generation - 1}`), { recursive: true, force: true })
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }

  get #folder(): string {
    return join(this.#root, `${this.#generation}`)
  }

  get #wal(): string {
    return `${this.path}-wal`
  }
}
