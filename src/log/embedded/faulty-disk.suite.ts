import type { Disk, DiskFile } from './disk.ts'
import { nodeDisk } from './node-disk.ts'

/** What a test makes of the next call of one kind; undefined lets it through. */
export type Fault = (path: string) => Error | 'short' | undefined

/** The machine's disk with faults in it: each is asked before the call is made. */
export class FaultyDisk implements Disk {
  write: Fault = () => undefined
  datasync: Fault = () => undefined
  truncate: Fault = () => undefined
  /** Free bytes told instead of the disk's own. */
  freeBytes: number | undefined
  /** Paths of all syncs that went through. */
  readonly syncs: string[] = []

  list = nodeDisk.list
  makeFolder = nodeDisk.makeFolder
  rename = nodeDisk.rename
  syncFolder = nodeDisk.syncFolder
  unlink = nodeDisk.unlink

  async open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile> {
    const file = await nodeDisk.open(path, mode)
    return {
      ...file,
      write: async (bytes, at) => {
        const fault = this.write(path)
        if (fault instanceof Error) throw fault
        return file.write(fault === 'short' ? bytes.subarray(0, bytes.length >> 1) : bytes, at)
      },
      datasync: async () => {
        const fault = this.datasync(path)
        if (fault instanceof Error) throw fault
        await file.datasync()
        this.syncs.push(path)
      },
      truncate: async (size) => {
        const fault = this.truncate(path)
        if (fault instanceof Error) throw fault
        await file.truncate(size)
      },
    }
  }

  async space(path: string): Promise<{ freeBytes: number; bytesTotal: number }> {
    const { freeBytes, bytesTotal } = await nodeDisk.space(path)
    return { freeBytes: this.freeBytes ?? freeBytes, bytesTotal }
  }
}

/** A fault that hits once, in segment files only. */
export function once(fault: Error | 'short'): Fault {
  let isSpent = false
  return (path) => {
    if (isSpent || !path.endsWith('.log')) return undefined
    isSpent = true
    return fault
  }
}

/** An error as the system gives it. */
export const systemError = (code: string): Error => Object.assign(new Error(code), { code })
