import type { FileHandle } from 'node:fs/promises'
import { open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../std/clock.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { readingLimits } from '../model/reading.ts'
import { NdjsonLines, type SourceLine } from './ndjson-lines.ts'

/** Where to read on: a file is known by its inode, since its name moves when it is rotated. */
export type TailPosition = { readonly inode: number; readonly offset: number }

export type TailOptions = {
  readonly path: string
  readonly clock: Clock
  /** Where an earlier run stopped; absent: the file's beginning. */
  readonly position?: TailPosition
  /** Lines read by earlier runs, so that numbers go on growing (D7). */
  readonly lineCount?: number
  readonly pollMs?: number
}

/** What one read brought. Its lines must be read to their end before the next chunk. */
export type TailChunk = {
  readonly lines: Iterable<SourceLine>
  readonly inode: number
  /** All that the file holds was read: so far nothing waits. */
  readonly isAtEnd: boolean
}

const POLL_MS = 250
const READ_BYTES = 65_536

/**
 * Follows a file as `tail -F` does, across rotation (another inode under the name; the old one is
 * read to its end first, also when it was renamed while we were away) and truncation (shorter than
 * what was read: again from its beginning). Waits for a file that is not there. A file cut short
 * and filled past the old position between two polls cannot be told from one that grew.
 * @throws COLLECT_INPUT_UNREADABLE: not allowed, or a failing disk.
 */
export async function* tailLines(
  options: TailOptions,
  signal: AbortSignal,
): AsyncGenerator<TailChunk> {
  const follower = { number: options.lineCount ?? 0 }
  let from = options.position
  while (!signal.aborted) {
    const found = await openAt(options.path, from)
    if (found === undefined) {
      await options.clock.sleep(options.pollMs ?? POLL_MS, signal)
      continue
    }
    try {
      yield* follow(found, { options, follower, signal })
    } finally {
      await found.file.close()
    }
    // What follows is another file, or the same one anew.
    from = undefined
  }
}

type Opened = { readonly file: FileHandle; readonly inode: number; readonly offset: number }
type Following = {
  readonly options: TailOptions
  readonly follower: { number: number }
  readonly signal: AbortSignal
}

/** The file to go on with: the one of the position where it still is, else the one of the name. */
async function openAt(path: string, from: TailPosition | undefined): Promise<Opened | undefined> {
  const moved = from === undefined ? undefined : await pathOfInode(path, from.inode)
  const file = await openIfThere(moved ?? path)
  if (file === undefined) return undefined
  const { ino: inode, size } = await file.stat()
  const isKnown = from !== undefined && from.inode === inode && from.offset <= size
  return { file, inode, offset: isKnown ? from.offset : 0 }
}

async function pathOfInode(path: string, inode: number): Promise<string | undefined> {
  if ((await inodeOf(path)) === inode) return path
  for (const name of await readdir(dirname(path))) {
    const candidate = join(dirname(path), name)
    if ((await inodeOf(candidate)) === inode) return candidate
  }
  return undefined
}

/** Reads one file until another one has its name, or it was cut short, or the signal aborts. */
async function* follow(opened: Opened, following: Following): AsyncGenerator<TailChunk> {
  const { options, follower, signal } = following
  const { file, inode } = opened
  const buffer = new Uint8Array(READ_BYTES)
  const lines = new NdjsonLines({
    lineBytesMax: readingLimits.rowBytesMax,
    number: follower.number,
    next: opened.offset,
  })
  let at = opened.offset
  let isReplaced = false
  while (!signal.aborted) {
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, at)
    at += bytesRead
    if (bytesRead > 0) {
      yield chunkOf(lines.push(buffer.subarray(0, bytesRead)), { follower, inode, isAtEnd: false })
      continue
    }
    // Only an end seen after the replacement is the end: a writer may have kept the old file open.
    if (isReplaced) break
    const { size } = await file.stat()
    if (size < at) return
    isReplaced =
      (await inodeOf(options.path)) !== inode && (await inodeOf(options.path)) !== undefined
    if (isReplaced) continue
    yield chunkOf([], { follower, inode, isAtEnd: lines.pendingBytes === 0 })
    await options.clock.sleep(options.pollMs ?? POLL_MS, signal)
  }
  if (isReplaced) yield chunkOf(lines.end(), { follower, inode, isAtEnd: false })
}

function chunkOf(
  lines: Iterable<SourceLine>,
  told: { follower: { number: number }; inode: number; isAtEnd: boolean },
): TailChunk {
  function* numbered(): Generator<SourceLine> {
    for (const line of lines) {
      told.follower.number = line.number
      yield line
    }
  }
  return { lines: numbered(), inode: told.inode, isAtEnd: told.isAtEnd }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw unreadable(path, error)
  }
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino
  } catch (error) {
    if (isMissing(error)) return undefined
    throw unreadable(path, error)
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

function unreadable(path: string, error: unknown): NocturneError {
  const reason = error instanceof Error ? error.message : String(error)
  return new NocturneError('COLLECT_INPUT_UNREADABLE', `${path}: ${reason}`, { cause: error })
}
