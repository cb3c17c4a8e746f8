import { NocturneError } from '../../model/nocturne-error.ts'
import type { Disk, DiskFile } from './disk.ts'

/** LOG_FULL for what a full disk says; undefined for other errors. */
export function fullOf(error: unknown): NocturneError | undefined {
  if (error instanceof NocturneError && error.code === 'LOG_FULL') return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return undefined
  return new NocturneError('LOG_FULL', 'the disk has no room left', { cause: error })
}

/** A new file whose name is durable. */
export async function createFile(
  disk: Disk,
  { folder, path }: { readonly folder: string; readonly path: string },
): Promise<DiskFile> {
  const file = await disk.open(path, 'create')
  try {
    await disk.syncFolder(folder)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}
