import { posix } from 'node:path'
import { parseSync, visitorKeys, type Node, type ParseResult } from 'oxc-parser'

/** One import of a module, static, dynamic, or the URL of a worker's file. */
export type Import = {
  readonly specifier: string
  /** The path it means, from the root, where it is relative or begins with `/`. */
  readonly path: string | undefined
  readonly line: number
  /** Whether types are all that it takes. */
  readonly isType: boolean
  /** The names taken as the other file calls them; `*` for all of them. */
  readonly names: readonly string[]
}

/** One name that a module gives away. `from` is set where another file defines it. */
export type Export = {
  readonly name: string
  readonly line: number
  readonly isType: boolean
  readonly from: boolean
}

/** A node with the node above it. */
export type Placed = { readonly node: Node; readonly above: Node | undefined }

/** One TypeScript file, parsed. */
export type Module = {
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
  readonly exports: readonly Export[]
  /** Comments with the line on which each begins, from 1. */
  readonly comments: readonly { readonly text: string; readonly line: number }[]
  /** Every node in the order of the text, outer ones first. */
  readonly nodes: readonly Placed[]
  /** Line of a place in the text, from 1. */
  lineAt(offset: number): number
}

/** Parses one file. A file that does not parse throws: there is nothing to say about its style. */
export function parseModule(path: string, text: string): Module {
  const parsed = parseSync(path, text)
  const [broken] = parsed.errors
  if (broken) throw new SyntaxError(`${path}: ${broken.message}`)
  const lineAt = lineFinder(text)
  const nodes = flatten(parsed.program)
  return {
    path,
    text,
    lineAt,
    nodes,
    imports: [...staticImports(path, parsed, lineAt), ...looseImports(path, nodes, lineAt)],
    exports: exportsOf(parsed, lineAt),
    comments: parsed.comments.map((comment) => ({
      text: comment.value,
      line: lineAt(comment.start),
    })),
  }
}

/** The nodes directly below a node. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  for (const key of visitorKeys[node.type] ?? []) {
    const value: unknown = Reflect.get(node, key)
    for (const child of Array.isArray(value) ? value : [value])
      if (isNode(child)) children.push(child)
  }
  return children
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

function flatten(program: Node): Placed[] {
  const nodes: Placed[] = []
  const visit = (node: Node, above: Node | undefined) => {
    nodes.push({ node, above })
    for (const child of childrenOf(node)) visit(child, node)
  }
  visit(program, undefined)
  return nodes
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}

function resolved(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
}

type LineAt = (offset: number) => number

/** An import clause without names (`import './x.ts'`) takes values: it runs the file. */
function staticImports(path: string, parsed: ParseResult, lineAt: LineAt): Import[] {
  const taken = parsed.module.staticImports.map(({ moduleRequest, entries, start }) => ({
    specifier: moduleRequest.value,
    path: resolved(path, moduleRequest.value),
    line: lineAt(start),
    isType: entries.length > 0 && entries.every((entry) => entry.isType),
    names: entries.map(
      ({ importName }) => importName.name ?? (importName.kind === 'Default' ? 'default' : '*'),
    ),
  }))
  const passedOn = parsed.module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, importName, isType, start }) =>
      moduleRequest === null
        ? []
        : {
            specifier: moduleRequest.value,
            path: resolved(path, moduleRequest.value),
            line: lineAt(start),
            isType,
            names: [importName.name ?? '*'],
          },
    ),
  )
  return [...taken, ...passedOn]
}

/** `import('./x.ts')`, `import('./x.ts').X` as a type, `new URL('./x.ts', import.meta.url)`. */
function looseImports(path: string, nodes: readonly Placed[], lineAt: LineAt): Import[] {
  return nodes.flatMap(({ node }) => {
    const source = looseSource(node)
    if (source?.type !== 'Literal' || typeof source.value !== 'string') return []
    const isType = node.type === 'TSImportType'
    if (node.type === 'NewExpression' && !/^\.\.?\/.*\.tsx?$/.test(source.value)) return []
    const names = ['*']
    const { value } = source
    return {
      specifier: value,
      path: resolved(path, value),
      line: lineAt(node.start),
      isType,
      names,
    }
  })
}

function looseSource(node: Node): Node | undefined {
  if (node.type === 'ImportExpression' || node.type === 'TSImportType') return node.source
  const isUrl =
    node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.callee.name === 'URL'
  return isUrl ? node.arguments[0] : undefined
}

function exportsOf(parsed: ParseResult, lineAt: LineAt): Export[] {
  return parsed.module.staticExports.flatMap(({ entries }) =>
    entries.map(({ exportName, moduleRequest, isType, start }) => ({
      name: exportName.name ?? (exportName.kind === 'Default' ? 'default' : '*'),
      line: lineAt(start),
      isType,
      from: moduleRequest !== null,
    })),
  )
}
