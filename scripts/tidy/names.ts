import { posix } from 'node:path'
import type { Node } from 'oxc-parser'
import type { Finding, Rule } from './finding.ts'
import type { Module } from './module.ts'
import { placeOf } from './place.ts'

/** Names of no idea: whatever is in such a file belongs to the noun that it serves. */
const EMPTY: readonly string[] = ['util', 'helper', 'manager', 'common', 'shared', 'misc', 'impl']
/** Empty as a whole name only: a segment index is a thing. */
const EMPTY_ALONE: readonly string[] = [...EMPTY, 'type', 'index', 'base']
/** Words that are not ours: JSON Schema, Kafka’s batch header and min ISR, the kernel’s min RTT. */
const FOREIGN = /^(maxItems$|maxTimestamp$|minIsr$|minRtt|MIN_RTT_)/
/** Globals that a type of ours would hide from its reader. */
const GLOBALS: readonly string[] = (
  'Array Blob Buffer Cache Comment Crypto Date Document Element Error Event File Function ' +
  'Headers History Location Lock Map Notification Number Object Performance Promise Proxy Range ' +
  'Record Request Response Set String Symbol Text URL Window Worker'
).split(' ')
/** The qualifier comes last, so that names of one quantity sort together. */
const LEADING = /^(max|min|total|num)[A-Z]|^(MAX|MIN|TOTAL|NUM)_/

/** Names say what a thing is, in one spelling, with the weightiest word first. */
export const names: Rule = {
  name: 'names',
  *check(tree) {
    for (const path of tree.bytesByPath.keys()) {
      for (const says of pathFaults(path)) yield { rule: 'names', path, line: 1, says }
    }
    for (const module of tree.modules.values()) {
      yield* exportFaults(module)
      yield* declarationFaults(module)
    }
  },
}

function* pathFaults(path: string): Iterable<string> {
  // A server looks for `index.html`, a reader for `README.md`: those names are not ours to choose.
  if (!/^(src|web|test|bench|scripts)\//.test(path) || /\/(index\.html|README\.md)$/.test(path))
    return
  for (const part of path.split('/')) {
    const stem = part.replace(/(\.(test|suite|bench|config|d))?\.[a-z]+$/, '')
    if (!/^\.?[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) {
      yield `${part} is not kebab-case; write small letters, digits and dashes`
    }
    const words = stem.split('-')
    const last = words.at(-1)?.replace(/s$/, '')
    if ((words.length === 1 ? EMPTY_ALONE : EMPTY).some((word) => word === last)) {
      yield `${part} names no idea; name it for its noun`
    }
    if (/^\d+$/.test(stem)) yield `${part} is a bare number; name what it is about`
  }
}

/** A file is named for its one export. Whether several share its noun, a reader has to say. */
function* exportFaults(module: Module): Iterable<Finding> {
  const { path } = module
  if (!/^(src|scripts)\//.test(path) || placeOf(path).isTest) return
  const stem = posix.basename(path).replace(/\.tsx?$/, '')
  const [one, ...more] = module.exports.filter(({ isType, from }) => !isType && !from)
  if (!one || more.length > 0) return
  if (module.exports.some(({ name }) => shareWord(stem, name))) return
  const says = `${one.name} has no word of its file ${stem}; name the file for what it gives`
  yield { rule: 'names', path, line: one.line, says }
}

function shareWord(stem: string, name: string): boolean {
  const ofFile = stem.split('-')
  const ofName = name.split(/(?<=[a-z0-9])(?=[A-Z])|_/).map((word) => word.toLowerCase())
  if (stem.replaceAll('-', '') === ofName.join('')) return true
  return ofName.some((word) => ofFile.some((other) => isOneWord(word, other)))
}

/** One word in two forms: window and windows, recover and recovery. */
function isOneWord(one: string, other: string): boolean {
  const length = Math.max(4, Math.min(one.length, other.length) - 1)
  return one === other || one.slice(0, length) === other.slice(0, length)
}

function* declarationFaults(module: Module): Iterable<Finding> {
  for (const { node, above } of module.nodes) {
    const name = declaredName(node, above)
    if (name === undefined) continue
    const says = nameFault(name, above)
    if (says) yield { rule: 'names', path: module.path, line: module.lineAt(node.start), says }
  }
}

function nameFault(name: string, above: Node | undefined): string | undefined {
  if (LEADING.test(name) && !FOREIGN.test(name)) {
    return `${name} leads with its qualifier; put it last (bytesMax)`
  }
  const isType =
    above?.type === 'TSTypeAliasDeclaration' || above?.type === 'TSInterfaceDeclaration'
  const hides = (isType || above?.type === 'ClassDeclaration') && GLOBALS.includes(name)
  return hides
    ? `${name} hides the global of that name; say which ${name.toLowerCase()}`
    : undefined
}

/** The name that a node gives to something of ours; keys of objects may be another's words. */
function declaredName(node: Node, above: Node | undefined): string | undefined {
  if (node.type !== 'Identifier' || !above) return undefined
  switch (above.type) {
    case 'VariableDeclarator':
    case 'FunctionDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSInterfaceDeclaration':
    case 'ClassDeclaration':
      return above.id === node ? node.name : undefined
    case 'TSPropertySignature':
      return above.key === node ? node.name : undefined
    default:
      return undefined
  }
}
