/** One open file; positions and sizes in bytes. */
export interface DiskFile {
  size(): Promise<number>
  /**
   * Fills `into` from `at` on; answers how many bytes there were. What is `fresh` was written
   * moments ago, so that the system has it in memory and nobody need wait for a disk.
   */
  read(into: Uint8Array, at: number, fresh?: boolean): Promise<number>
  /** Answers how many bytes were written: fewer than given is a short write, not an error. */
  write(bytes: Uint8Array, at: number): Promise<number>
  /** Resolves when what was written before the call survives a power cut. */
  datasync(): Promise<void>
  truncate(size: number): Promise<void>
  close(): Promise<void>
}

/** A file of a folder. */
export type DiskEntry = { readonly name: string; readonly size: number }

/**
 * All that the log asks of a disk; rejects with the system's errors (`code` ENOSPC, EIO, …). An
 * argument, so that tests and the simulator bring faults and power cuts of their own.
 */
export interface Disk {
  /** `create` makes the file and refuses one that is there; the others want it there. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile>
  /** Makes the folder and those above it; content where it exists. */
  makeFolder(path: string): Promise<void>
  /** The files of a folder, in no order. */
  list(path: string): Promise<readonly DiskEntry[]>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Makes created, renamed and removed names of a folder durable. */
  syncFolder(path: string): Promise<void>
  space(path: string): Promise<{ readonly freeBytes: number; readonly bytesTotal: number }>
}
