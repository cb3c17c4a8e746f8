import { parseModule, type Module } from './module.ts'

/** The tracked files as rules see them: text read once, code parsed once. */
export type Tree = {
  /** Text of each text file by path from the root of the repository. */
  readonly texts: ReadonlyMap<string, string>
  /** Every file there is, text or not, with its length in bytes. */
  readonly bytesByPath: ReadonlyMap<string, number>
  /** The TypeScript files, parsed. */
  readonly modules: ReadonlyMap<string, Module>
}

const TEXT = /\.(tsx?|mjs|json|md|ya?ml|css|html|svg|sh|case)$|(^|\/)\.?[^./]+$/

/** Whether a path is that of a text file, by its ending or for having none. */
export const isText = (path: string): boolean => TEXT.test(path)

/** A tree of the given files; only TypeScript among them is parsed. */
export function treeOf(
  files: Readonly<Record<string, string>>,
  others: ReadonlyMap<string, number> = new Map(),
): Tree {
  const texts = new Map(Object.entries(files))
  const bytes = [...texts].map(([path, text]) => [path, Buffer.byteLength(text)] as const)
  const code = [...texts].filter(([path]) => /\.tsx?$/.test(path))
  return {
    texts,
    bytesByPath: new Map([...bytes, ...others]),
    modules: new Map(code.map(([path, text]) => [path, parseModule(path, text)])),
  }
}
