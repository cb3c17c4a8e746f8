import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** One file of the wall, held in memory; `isHashed`: its name changes whenever its bytes do. */
export type WallFile = {
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly isHashed: boolean
}

/** Path as requested, such as `/assets/wall-3f2a.js`, to file: nothing else can be asked for. */
export type WallFiles = ReadonlyMap<string, WallFile>

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/**
 * Reads the built wall whole; an empty map where the folder is missing, so that a server without a
 * wall still answers its API. Files of other kinds are left out.
 */
export async function loadWallFiles(folder: string): Promise<WallFiles> {
  const files = new Map<string, WallFile>()
  for (const name of await names(folder)) {
    const contentType = CONTENT_TYPES[extname(name)]
    if (contentType === undefined) continue
    const path = `/${name.split('\\').join('/')}`
    const bytes = await readFile(join(folder, name))
    files.set(path, { bytes, contentType, isHashed: path.startsWith('/assets/') })
  }
  return files
}

async function names(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder, { recursive: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
