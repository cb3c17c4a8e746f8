import { readSync } from 'node:fs'
import { mkdir, open, readdir, rename, stat, statfs, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Disk, DiskFile } from './disk.ts'

const FLAGS = { read: 'r', write: 'r+', create: 'wx+' } as const

/** The machine's own disk. */
export const nodeDisk: Disk = {
  open: async (path, mode) => nodeFile(await open(path, FLAGS[mode])),
  makeFolder: async (path) => void (await mkdir(path, { recursive: true })),
  list: async (path) => {
    const files = []
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (!entry.isFile()) continue
      files.push({ name: entry.name, size: (await stat(join(path, entry.name))).size })
    }
    return files
  },
  rename,
  unlink,
  syncFolder: async (path) => {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
  space: async (path) => {
    const { bavail, blocks, bsize } = await statfs(path)
    return { freeBytes: bavail * bsize, bytesTotal: blocks * bsize }
  },
}

/**
 * What is fresh is copied from the system's memory at once: a thread of the pool would have to be
 * woken for it and wake us again, which takes longer than the copy and, on a busy machine, waits.
 */
function nodeFile(file: FileHandle): DiskFile {
  return {
    size: async () => (await file.stat()).size,
    read: async (into, at, fresh = false) => {
      let filled = 0
      while (filled < into.length) {
        const left = into.length - filled
        const count = fresh
          ? readSync(file.fd, into, filled, left, at + filled)
          : (await file.read(into, filled, left, at + filled)).bytesRead
        if (count === 0) break
        filled += count
      }
      return filled
    },
    write: async (bytes, at) => (await file.write(bytes, 0, bytes.length, at)).bytesWritten,
    datasync: () => file.datasync(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  }
}
