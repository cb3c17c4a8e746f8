import type { Node } from 'oxc-parser'
import type { Rule } from './finding.ts'
import type { Module } from './module.ts'
import { placeOf } from './place.ts'

/** The compiler and the linter are never told to look away. */
export const escapes: Rule = {
  name: 'escapes',
  *check(tree) {
    for (const module of tree.modules.values()) {
      for (const { line, says } of [...nodeFaults(module), ...commentFaults(module)]) {
        yield { rule: 'escapes', path: module.path, line, says }
      }
    }
  },
}

type Fault = { readonly line: number; readonly says: string }

function nodeFaults(module: Module): Fault[] {
  const { isTest } = placeOf(module.path)
  return module.nodes.flatMap(({ node }) => {
    const says = nodeFault(node) ?? (isTest ? undefined : strayFault(node))
    return says === undefined ? [] : { line: module.lineAt(node.start), says }
  })
}

function nodeFault(node: Node): string | undefined {
  if (node.type === 'TSAnyKeyword') return 'any; write unknown and look at the value'
  if (node.type === 'TSAsExpression' && isTwice(node.expression)) {
    return 'a cast through unknown; check the value, or let its maker say the type'
  }
  if (node.type === 'PropertyDefinition' && node.definite) {
    return 'a field said to be set later; set it in the constructor'
  }
  return undefined
}

/** In a test a wrong `!` fails that test and hides nothing, so there it may stand anywhere. */
function strayFault(node: Node): string | undefined {
  if (node.type !== 'TSNonNullExpression' || isElement(node.expression)) return undefined
  return 'a stray !; look at the value, only an element access (a[i]!) may have one'
}

const isTwice = (inner: Node): boolean =>
  inner.type === 'TSAsExpression' && inner.typeAnnotation.type === 'TSUnknownKeyword'

/** `a[i]` and `a.at(i)`, whose bound is checked above them. */
function isElement(inner: Node): boolean {
  if (inner.type === 'MemberExpression') return inner.computed
  if (inner.type !== 'CallExpression' || inner.callee.type !== 'MemberExpression') return false
  const { property } = inner.callee
  return property.type === 'Identifier' && property.name === 'at'
}

const SUPPRESSION = /^\s*(@ts-|eslint-|oxlint-|biome-|c8 |v8 |node:coverage)/

function commentFaults(module: Module): Fault[] {
  return module.comments.flatMap(({ text, line }) => {
    const [word] = SUPPRESSION.exec(text) ?? []
    if (word === undefined) return []
    return { line, says: `${word.trim()} silences a check; mend what it found` }
  })
}
