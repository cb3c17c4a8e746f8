import type { Finding, Rule } from './finding.ts'
import type { Module } from './module.ts'
import { placeOf } from './place.ts'
import type { Tree } from './tree.ts'

/** Twins of what has effects: tests are what they are for, and the product may start them too. */
const TWINS = /^src\/(log\/memory|store\/memory)\/|^src\/std\/simulated-clock\.ts$/

/** Every file is reached and every export is used by the product, not by tests alone. */
export const dead: Rule = {
  name: 'dead',
  *check(tree) {
    yield* deadFiles(tree)
    yield* deadExports(tree)
  },
}

function* deadFiles(tree: Tree): Iterable<Finding> {
  const byProduct = reached(
    tree,
    [...tree.modules.keys()].filter((path) => isEntry(tree, path)),
  )
  const byTests = reached(
    tree,
    [...tree.modules.keys()].filter((path) => isRun(tree, path)),
  )
  for (const path of tree.modules.keys()) {
    const { isTest } = placeOf(path)
    const isForTests = isTest || TWINS.test(path)
    if (byProduct.has(path) || (isForTests && byTests.has(path))) continue
    const says = byTests.has(path)
      ? 'only tests reach this file; use it, or delete both'
      : 'nothing reaches this file; use it or delete it'
    yield { rule: 'dead', path, line: 1, says }
  }
}

/** What runs by itself: the command, the scripts, the pages of the wall, a tool's configuration. */
function isEntry(tree: Tree, path: string): boolean {
  const isStarted = path === 'src/main.ts' || path === 'bench/run.ts'
  if (isStarted || /^scripts\/[^/]+\.ts$/.test(path)) return !placeOf(path).isTest
  if (path.endsWith('.config.ts')) return true
  const isScript = (page: string) => page.includes(`src="/${path.replace(/^web\//, '')}"`)
  return [...tree.texts].some(([name, text]) => /^web\/.*\.html$/.test(name) && isScript(text))
}

/** Tests and benches, and what a script of package.json starts: `node bench/run.ts`. */
const isRun = (tree: Tree, path: string): boolean =>
  /\.(test|bench)\.tsx?$/.test(path) ||
  (tree.texts.get('package.json') ?? '').includes(`node ${path}`)

function reached(tree: Tree, entries: readonly string[]): ReadonlySet<string> {
  const seen = new Set(entries)
  for (const path of seen) {
    const module = tree.modules.get(path)
    for (const to of module ? [...module.imports.map((used) => used.path), ...runBy(module)] : []) {
      if (to !== undefined && tree.modules.has(to)) seen.add(to)
    }
  }
  return seen
}

/** Paths from the root that a test or bench names as text: it runs them as processes. */
function runBy({ path, nodes }: Module): string[] {
  if (!/^(test|bench)\//.test(path)) return []
  return nodes.flatMap(({ node }) =>
    node.type === 'Literal' && typeof node.value === 'string' ? [node.value] : [],
  )
}

function* deadExports(tree: Tree): Iterable<Finding> {
  const uses = usesOf(tree)
  for (const module of tree.modules.values()) {
    const { path } = module
    if (placeOf(path).isTest || path.endsWith('.config.ts') || path === 'src/layers.ts') continue
    for (const { name, line, isType } of module.exports) {
      const [product, tests] = [uses.product, uses.tests].map(
        (set) => set.has(`${path} ${name}`) || set.has(`${path} *`),
      )
      if (product || ((isType || tests) && isMentioned(module, name))) continue
      if (tests && TWINS.test(path)) continue
      const says = tests
        ? `only tests use ${name}; test what uses it, or delete it`
        : `no other file uses ${name}; drop the export, or the name`
      yield { rule: 'dead', path, line, says }
    }
  }
}

type Uses = { readonly product: ReadonlySet<string>; readonly tests: ReadonlySet<string> }

function usesOf(tree: Tree): Uses {
  const uses = { product: new Set<string>(), tests: new Set<string>() }
  for (const module of tree.modules.values()) {
    const side = placeOf(module.path).isTest ? uses.tests : uses.product
    for (const used of module.imports) {
      for (const name of used.names) side.add(`${used.path} ${name}`)
    }
  }
  return uses
}

/**
 * Whether the file itself uses the name. A type in its own signatures is part of what they
 * promise, and a formula below an export may be tested by itself.
 */
function isMentioned({ nodes }: Module, name: string): boolean {
  const mentions = nodes.filter(({ node }) => node.type === 'Identifier' && node.name === name)
  return mentions.length > 1
}
