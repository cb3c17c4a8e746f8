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

function nodeFile(file: FileHandle): DiskFile {
  return {
    size: async () => (await file.stat()).size,
    read: async (into, at) => {
      let filled = 0
      while (filled < into.length) {
        const { bytesRead } = await file.read(into, filled, into.length - filled, at + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return filled
    },
    write: async (bytes, at) => (await file.write(bytes, 0, bytes.length, at)).bytesWritten,
    datasync: () => file.datasync(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  }
}
