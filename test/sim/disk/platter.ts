import { posix } from 'node:path'
import type { Prng } from '../../../src/std/prng.ts'
import type { DiskEntry } from '../../../src/log/embedded/disk.ts'
import { PlatterFile } from './platter-file.ts'

type Node = PlatterFile | 'folder'
type NameChange = { readonly path: string; readonly node: Node | undefined }

const ROOT = '/'

/**
 * The disk of a simulated machine, which outlives its processes: names and files, each as they are
 * now and as a power cut would leave them. Names become durable with the sync of their folder.
 */
export class Platter {
  #names = new Map<string, Node>([[ROOT, 'folder']])
  #durable = new Map(this.#names)
  /** By folder: what was done to its names since it was synced, oldest first. */
  readonly #unsynced = new Map<string, NameChange[][]>()
  /** Bytes that files may take in all. */
  capacityBytes = Number.POSITIVE_INFINITY

  get usedBytes(): number {
    let bytes = 0
    for (const node of this.#names.values()) if (node !== 'folder') bytes += node.size
    return bytes
  }

  has(path: string): boolean {
    return this.#names.has(path)
  }

  /** @throws ENOENT. */
  file(path: string): PlatterFile {
    const node = this.#names.get(path)
    if (node === undefined || node === 'folder') throw systemError('ENOENT', path)
    return node
  }

  /** @throws EEXIST, ENOENT. */
  create(path: string): PlatterFile {
    if (this.#names.has(path)) throw systemError('EEXIST', path)
    const file = new PlatterFile()
    this.#change([{ path, node: file }])
    return file
  }

  makeFolder(path: string): void {
    if (this.#names.has(path)) return
    this.makeFolder(posix.dirname(path))
    this.#change([{ path, node: 'folder' }])
  }

  list(folder: string): readonly DiskEntry[] {
    this.#assertFolder(folder)
    return [...this.#names].flatMap(([path, node]) =>
      node !== 'folder' && posix.dirname(path) === folder
        ? [{ name: posix.basename(path), size: node.size }]
        : [],
    )
  }

  /** One change: after a power cut either both names are as before or none. @throws ENOENT. */
  rename(from: string, to: string): void {
    const file = this.file(from)
    this.#change([
      { path: from, node: undefined },
      { path: to, node: file },
    ])
  }

  /** @throws ENOENT. */
  unlink(path: string): void {
    this.file(path)
    this.#change([{ path, node: undefined }])
  }

  syncFolder(folder: string): void {
    this.#assertFolder(folder)
    for (const change of this.#unsynced.get(folder) ?? []) applyTo(this.#durable, change)
    this.#unsynced.delete(folder)
  }

  /**
   * A folder keeps its durable names and the first few changes beyond, as a journal would, or now
   * and then any of them, as its manual allows.
   */
  cutPower(random: Prng): void {
    for (const changes of this.#unsynced.values()) {
      const isJournal = random.next() < 0.75
      const keptCount = random.below(changes.length + 1)
      changes.forEach((change, i) => {
        if (isJournal ? i < keptCount : random.next() < 0.5) applyTo(this.#durable, change)
      })
    }
    this.#unsynced.clear()
    for (const path of [...this.#durable.keys()]) {
      if (!this.#isReachable(path)) this.#durable.delete(path)
    }
    this.#names = new Map(this.#durable)
    for (const node of new Set(this.#names.values())) if (node !== 'folder') node.cutPower(random)
  }

  #isReachable(path: string): boolean {
    if (path === ROOT) return true
    const above = posix.dirname(path)
    return this.#durable.get(above) === 'folder' && this.#isReachable(above)
  }

  #change(change: NameChange[]): void {
    const folder = posix.dirname(change[0]!.path)
    this.#assertFolder(folder)
    applyTo(this.#names, change)
    const before = this.#unsynced.get(folder)
    if (before === undefined) this.#unsynced.set(folder, [change])
    else before.push(change)
  }

  #assertFolder(path: string): void {
    if (this.#names.get(path) !== 'folder') throw systemError('ENOENT', path)
  }
}

function applyTo(names: Map<string, Node>, change: readonly NameChange[]): void {
  for (const { path, node } of change) {
    if (node === undefined) names.delete(path)
    else names.set(path, node)
  }
}

/** An error as the system gives it, of which the simulator says that it is its own. */
export const systemError = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${path}`), { code, isSimulated: true })
