import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isText, treeOf, type Tree } from './tree.ts'

/** Reads what git tracks or would track below a folder, each file once. */
export function readTree(root: string): Tree {
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 67_108_864,
  })
  const files: Record<string, string> = {}
  const others = new Map<string, number>()
  for (const path of new Set(listed.split('\0'))) {
    // A file deleted and not yet committed is still listed.
    const status = path === '' ? undefined : statSync(join(root, path), { throwIfNoEntry: false })
    if (!status?.isFile()) continue
    if (isText(path)) files[path] = readFileSync(join(root, path), 'utf8')
    else others.set(path, status.size)
  }
  return treeOf(files, others)
}
