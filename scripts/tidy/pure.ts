import type { Node } from 'oxc-parser'
import type { Rule } from './finding.ts'
import { isGlobalUse } from './global-use.ts'
import type { Placed } from './module.ts'
import { placeOf, roomNamed } from './place.ts'

const CLOCK = 'time comes as an argument (std/clock.ts)'
const CHANCE = 'chance comes as an argument (std/prng.ts)'
const WAIT = 'a pure room answers at once; wait in a reader'
const OUTSIDE = 'a pure room knows no outside; pass the value in'

const BANNED: Readonly<Record<string, string>> = {
  Date: CLOCK,
  performance: CLOCK,
  crypto: CHANCE,
  setTimeout: CLOCK,
  setInterval: CLOCK,
  setImmediate: CLOCK,
  queueMicrotask: WAIT,
  fetch: OUTSIDE,
  process: OUTSIDE,
  console: OUTSIDE,
}

/** The files that touch time or wait; everything else takes a `Clock` as an argument. */
const EXCEPT: readonly string[] = ['src/std/clock.ts', 'src/std/in-flight.ts']

/** Pure rooms are synchronous and deterministic: no clock, no chance, no waiting, no outside. */
export const pure: Rule = {
  name: 'pure',
  *check(tree) {
    for (const module of tree.modules.values()) {
      const { room, isTest } = placeOf(module.path)
      if (isTest || !roomNamed(room)?.pure || EXCEPT.includes(module.path)) continue
      for (const placed of module.nodes) {
        const says = fault(placed)
        const line = module.lineAt(placed.node.start)
        if (says) yield { rule: 'pure', path: module.path, line, says: `${says} (${room} is pure)` }
      }
    }
  },
}

function fault({ node, above }: Placed): string | undefined {
  if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)) {
    return `await; ${WAIT}`
  }
  if ('async' in node && node.async === true) return `async; ${WAIT}`
  if (node.type === 'MemberExpression' && isRandom(node)) return `Math.random; ${CHANCE}`
  if (!isGlobalUse(node, above) || !Object.hasOwn(BANNED, node.name)) return undefined
  return `${node.name}; ${BANNED[node.name]}`
}

const isRandom = (node: Node): boolean =>
  node.type === 'MemberExpression' &&
  node.object.type === 'Identifier' &&
  node.object.name === 'Math' &&
  node.property.type === 'Identifier' &&
  node.property.name === 'random'
