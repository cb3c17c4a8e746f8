import type { Node } from 'oxc-parser'
import { layers as rooms } from '../../src/layers.ts'
import type { Finding, Rule } from './finding.ts'
import { isGlobalUse } from './global-use.ts'
import type { Module, Placed } from './module.ts'
import { placeOf } from './place.ts'
import type { Tree } from './tree.ts'

/** Tests are facts that come out the same on every machine, and no room is without one. */
export const titles: Rule = {
  name: 'titles',
  *check(tree) {
    for (const module of tree.modules.values()) {
      const { path } = module
      if (!placeOf(path).isTest) continue
      for (const placed of module.nodes) {
        const says = fault(placed)
        if (says) yield { rule: 'titles', path, line: module.lineAt(placed.node.start), says }
      }
    }
    yield* untested(tree)
  },
}

const RUNNERS: readonly string[] = ['test', 'it', 'describe', 'suite']
/** The globals and what `node:timers/promises` calls likewise. */
const TIMERS: readonly string[] = ['setTimeout', 'setInterval']
const PORT = /(?:localhost|127\.0\.0\.1|\[::1\]):(\d+)/

function fault(placed: Placed): string | undefined {
  const { node, above } = placed
  if (node.type === 'CallExpression') return callFault(node)
  if (node.type === 'MemberExpression') return memberFault(node)
  if (node.type === 'Property') return skipFault(node)
  if (node.type === 'ImportSpecifier') return timerFault(nameOf(node.imported))
  return isGlobalUse(node, above) ? timerFault(node.name) : undefined
}

/** Calls that would meet another process where a port is taken. */
const CALLERS: readonly string[] = [
  'fetch',
  'connect',
  'request',
  'get',
  'goto',
  'createConnection',
]

function callFault({ callee, arguments: given }: Extract<Node, { type: 'CallExpression' }>) {
  const [first] = given
  if (first?.type !== 'Literal') return undefined
  const name = nameOf(callee)
  if (name === 'listen' && Number(first.value) > 0) return portFault(String(first.value))
  const port = PORT.exec(String(first.value))?.[1]
  if (CALLERS.includes(name) && port !== undefined) return portFault(port)
  if (!RUNNERS.includes(name) || !/\bshould\b/.test(String(first.value))) return undefined
  return 'a title says should; state the fact'
}

const portFault = (port: string): string =>
  `the port ${port} may be taken; listen on 0 and ask which it became`

const timerFault = (name: string): string | undefined =>
  TIMERS.includes(name)
    ? `${name} in a test; advance a SimulatedClock, or await the event itself`
    : undefined

const nameOf = (node: Node): string => {
  if (node.type === 'Identifier') return node.name
  const isMember = node.type === 'MemberExpression' && node.property.type === 'Identifier'
  return isMember && node.property.type === 'Identifier' ? node.property.name : ''
}

function memberFault(node: Extract<Node, { type: 'MemberExpression' }>): string | undefined {
  const [object, property] = [nameOf(node.object), nameOf(node)]
  if (object === 'Math' && property === 'random') {
    return 'Math.random in a test; take a prng with a seed'
  }
  if (!RUNNERS.includes(object)) return undefined
  if (property === 'only') return 'only leaves out the other tests; take it away'
  return property === 'skip' ? 'a skip without its reason; pass { skip: reason }' : undefined
}

function skipFault({ key, value }: Extract<Node, { type: 'Property' }>): string | undefined {
  const isSkip = key.type === 'Identifier' && key.name === 'skip'
  const isBare = value.type === 'Literal' && value.value === true
  return isSkip && isBare ? 'a skip without its reason; give the reason as text' : undefined
}

/** A room is tested in its own folder, or by a test of `test/` that imports one of its files. */
function* untested(tree: Tree): Iterable<Finding> {
  for (const name of Object.keys(rooms)) {
    const inside = [...tree.modules.values()].filter(({ path }) => placeOf(path).room === name)
    const files = inside.filter(({ path }) => !placeOf(path).isTest)
    if (!files.some(hasFunction) || inside.length > files.length) continue
    const isSpanned = [...tree.modules.values()].some(
      ({ path, imports }) =>
        path.startsWith('test/') && imports.some((used) => placeOf(used.path ?? '').room === name),
    )
    if (isSpanned) continue
    const says = `the room ${name} has functions and no test; write one beside them`
    yield { rule: 'titles', path: `src/${name}`, line: 1, says }
  }
}

const hasFunction = ({ nodes }: Module): boolean =>
  nodes.some(({ node }) => node.type === 'FunctionDeclaration' || node.type === 'MethodDefinition')
