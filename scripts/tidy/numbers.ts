import { posix } from 'node:path'
import type { Node } from 'oxc-parser'
import { layers as rooms } from '../../src/layers.ts'
import type { Finding, Rule } from './finding.ts'
import { childrenOf, type Module } from './module.ts'
import { placeOf } from './place.ts'
import type { Tree } from './tree.ts'

const FILE_LINES_MAX = 400
const MAIN_LINES_MAX = 120
const LINE_COLUMNS_MAX = 100
const FUNCTION_LINES_MAX = 70
const NESTING_MAX = 4
const PARAMETERS_MAX = 3
const EXPORTS_MAX = 5
const SEAM_METHODS_MAX = 8
const FOLDER_FILES_MAX = 24

/** Sizes that one sitting can read. */
export const numbers: Rule = {
  name: 'numbers',
  *check(tree) {
    for (const [path, text] of tree.texts) {
      if (/\.(tsx?|css|sh)$/.test(path)) yield* textSizes(path, text)
    }
    for (const module of tree.modules.values()) yield* moduleSizes(module)
    yield* folderSizes(tree)
  },
}

type Size = {
  readonly path: string
  readonly line: number
  readonly what: string
  readonly figure: number
  readonly max: number
  readonly mend: string
}

/** A finding where a figure is above its law. */
function* above({ path, line, what, figure, max, mend }: Size): Iterable<Finding> {
  if (figure <= max) return
  const says = `${what}: ${figure} of at most ${max}; ${mend}`
  yield { rule: 'numbers', path, line, says, figure }
}

function* textSizes(path: string, text: string): Iterable<Finding> {
  const lines = text.split('\n')
  const figure = text.endsWith('\n') ? lines.length - 1 : lines.length
  const max = path === 'src/main.ts' ? MAIN_LINES_MAX : FILE_LINES_MAX
  yield* above({
    path,
    line: 1,
    what: 'lines',
    figure,
    max,
    mend: 'the file holds two ideas, part them',
  })
  for (const [at, line] of lines.entries()) {
    const columns = { path, line: at + 1, what: 'columns', figure: [...line].length }
    yield* above({ ...columns, max: LINE_COLUMNS_MAX, mend: 'break the line' })
  }
}

function* moduleSizes(module: Module): Iterable<Finding> {
  const { path } = module
  const values = module.exports.filter((given) => !given.isType && !given.from)
  const exports = { path, line: 1, what: 'value exports', figure: values.length }
  yield* above({ ...exports, max: EXPORTS_MAX, mend: 'part the file by nouns' })
  for (const { node } of module.nodes) {
    if (isFunction(node)) yield* functionSizes(module, node)
    if (node.type === 'TSInterfaceDeclaration' && isDoor(path)) yield* seamSizes(module, node)
  }
  const deepest = nesting(module)
  if (deepest)
    yield* above({
      path,
      ...deepest,
      what: 'nesting',
      max: NESTING_MAX,
      mend: 'return early or name a step',
    })
}

type FunctionNode = Extract<
  Node,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>

const isFunction = (node: Node): node is FunctionNode =>
  node.type === 'FunctionDeclaration' ||
  node.type === 'FunctionExpression' ||
  node.type === 'ArrowFunctionExpression'

function* functionSizes(module: Module, node: FunctionNode): Iterable<Finding> {
  const { path } = module
  const line = module.lineAt(node.start)
  const lines = {
    path,
    line,
    what: 'lines of a function',
    figure: module.lineAt(node.end) - line + 1,
  }
  yield* above({ ...lines, max: FUNCTION_LINES_MAX, mend: 'name its parts' })
  const positional = node.params.filter((param) => !isThis(param))
  const given = { path, line, what: 'positional parameters', figure: positional.length }
  yield* above({ ...given, max: PARAMETERS_MAX, mend: 'take one object' })
}

const isThis = (param: Node): boolean => param.type === 'Identifier' && param.name === 'this'

const isDoor = (path: string): boolean =>
  Object.entries(rooms).some(([name, { door }]) => door && path === `src/${name}/${door}`)

function* seamSizes(
  module: Module,
  node: Extract<Node, { type: 'TSInterfaceDeclaration' }>,
): Iterable<Finding> {
  const methods = node.body.body.filter((member) => member.type === 'TSMethodSignature')
  const place = { path: module.path, line: module.lineAt(node.start) }
  const size = { what: `methods of the seam ${node.id.name}`, figure: methods.length }
  yield* above({ ...place, ...size, max: SEAM_METHODS_MAX, mend: 'a seam stays narrow' })
}

const BRANCHES: readonly string[] = [
  'IfStatement',
  'ForStatement',
  'ForOfStatement',
  'ForInStatement',
  'WhileStatement',
  'DoWhileStatement',
  'SwitchStatement',
  'TryStatement',
]

/** The deepest statement of a file; closures go on counting, `else if` is no step down. */
function nesting(module: Module): { line: number; figure: number } | undefined {
  const root = module.nodes[0]?.node
  if (!root) return undefined
  let deepest = { line: 1, figure: 0 }
  const visit = (node: Node, aboveNode: Node | undefined, depth: number) => {
    const isElseIf = aboveNode?.type === 'IfStatement' && aboveNode.alternate === node
    const here = BRANCHES.includes(node.type) && !isElseIf ? depth + 1 : depth
    if (here > deepest.figure) deepest = { line: module.lineAt(node.start), figure: here }
    for (const child of childrenOf(node)) visit(child, node, here)
  }
  visit(root, undefined, 0)
  return deepest
}

function* folderSizes(tree: Tree): Iterable<Finding> {
  const paths = [...tree.modules.keys()].filter((path) => !placeOf(path).isTest && !isSuite(path))
  for (const [folder, files] of Map.groupBy(paths, (path) => posix.dirname(path))) {
    const what = 'files of a folder'
    const size = { path: folder, line: 1, what, figure: files.length, max: FOLDER_FILES_MAX }
    yield* above({ ...size, mend: 'it holds two rooms or a folder below' })
  }
}

const isSuite = (path: string): boolean => /\.(test|suite|bench)\.tsx?$/.test(path)
