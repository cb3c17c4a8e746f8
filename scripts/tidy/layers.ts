import { isBuiltin } from 'node:module'
import { layers as rooms, type Room } from '../../src/layers.ts'
import type { Finding, Rule } from './finding.ts'
import type { Import, Module } from './module.ts'
import { isAdapter, placeOf, roomNamed } from './place.ts'
import type { Tree } from './tree.ts'

const CONTRACT = 'src/serve/contract.ts'

/** Imports go where `src/layers.ts` lets them: down, through doors, never to a sibling. */
export const layers: Rule = {
  name: 'layers',
  *check(tree) {
    yield* tableFaults(tree)
    const packages = packagesOf(tree)
    for (const module of tree.modules.values()) {
      for (const used of module.imports) {
        const says = fault(module, used) ?? packageFault(module, used, packages)
        if (says) yield { rule: 'layers', path: module.path, line: used.line, says }
      }
    }
  },
}

/** The table itself keeps the order of the levels, so that no cycle of rooms can be listed. */
function* tableFaults(tree: Tree): Iterable<Finding> {
  if (!tree.texts.has('src/layers.ts')) return
  for (const [name, room] of Object.entries(rooms)) {
    for (const other of room.rooms.filter((listed) => listed !== '*' && !mayList(name, listed))) {
      const says = `${name} lists ${other}, which is not below it; move one of them`
      yield { rule: 'layers', path: 'src/layers.ts', line: 1, says }
    }
  }
}

function mayList(name: string, listed: string): boolean {
  if (name.startsWith(`${listed}/`)) return true
  const [room, other] = [roomNamed(name), roomNamed(listed)]
  if (!room || !other) return false
  return other.level < room.level || (room.level === 1 && other.level === 1 && listed === 'model')
}

function packagesOf(tree: Tree): ReadonlySet<string> {
  const written = JSON.parse(tree.texts.get('package.json') ?? '{}')
  const { dependencies, optionalDependencies, devDependencies } = written
  return new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies }))
}

/** What is wrong with an import of a file of ours. */
function fault(module: Module, used: Import): string | undefined {
  if (used.path === undefined) return undefined
  if (module.path.startsWith('web/')) return wallFault(used)
  const from = placeOf(module.path)
  const to = placeOf(used.path)
  if (from.side !== 'src') return undefined
  if (module.path === 'src/layers.ts') return 'layers.ts is a table; it imports nothing'
  if (to.side !== 'src') return from.isTest ? undefined : sideFault(used.path)
  if (to.isTest && !from.isTest) {
    return `${used.path} is a test; move what the product needs out of it`
  }
  if (used.path === 'src/layers.ts') return 'the table is for scripts; no room imports it'
  return roomFault(from, to, used)
}

const sideFault = (path: string): string =>
  `src imports ${path}, which is outside of src; move what it needs into a room`

type Ends = { readonly room: string | undefined; readonly isTest: boolean }

function roomFault(from: Ends, to: Ends, used: Import): string | undefined {
  if (from.room === to.room) return undefined
  const [room, other] = [roomNamed(from.room), roomNamed(to.room)]
  if (!room)
    return `${from.room ?? 'layers.ts'} is no room; add it to src/layers.ts or move the file`
  if (to.room === undefined || !other) {
    return `${used.path} is in no room; add it to src/layers.ts or move the file`
  }
  if (isAdapter(to.room)) return adapterFault(from, to.room)
  if (!mayImport(room, { name: to.room, level: other.level })) {
    return `${from.room} may not import ${to.room}; it may import ${listed(room)} (src/layers.ts)`
  }
  const isInside = from.isTest || from.room?.startsWith(`${to.room}/`)
  const door = `src/${to.room}/${other.door}`
  if (other.door === undefined || isInside || used.path === door) return undefined
  return `the seam ${to.room} is entered by its door; import ${door}`
}

const mayImport = (room: Room, to: { readonly name: string; readonly level: number }): boolean =>
  room.rooms.includes(to.name) || (room.rooms.includes('*') && to.level < room.level)

function adapterFault(from: Ends, adapter: string): string | undefined {
  if (from.isTest || from.room === 'app') return undefined
  const [seam] = adapter.split('/')
  const door = `src/${seam}/${roomNamed(seam)?.door}`
  return `${from.room} names the adapter ${adapter}; take ${door} as an argument`
}

const listed = (room: Room): string => room.rooms.join(', ') || 'no room'

function wallFault({ path, isType }: Import): string | undefined {
  if (!path?.startsWith('src/')) return undefined
  if (path !== CONTRACT) return `the wall may import only ${CONTRACT} of src; ask serve for it`
  return isType ? undefined : `the wall takes only types from ${CONTRACT}; write import type`
}

/** What is wrong with an import from outside: a builtin of Node, or a package. */
function packageFault(
  module: Module,
  used: Import,
  packages: ReadonlySet<string>,
): string | undefined {
  if (used.path !== undefined) return undefined
  const name = packageOf(used.specifier)
  const isNode = used.specifier.startsWith('node:')
  if (!isNode && isBuiltin(used.specifier)) return `write node:${used.specifier}`
  const { side, room, isTest } = placeOf(module.path)
  if (side !== 'src' || isTest) {
    return isNode || packages.has(name) ? undefined : `${name} is not in package.json`
  }
  const outside = roomNamed(room)?.outside ?? []
  if (outside.includes(isNode ? used.specifier : name)) return undefined
  const what = isNode ? used.specifier : name
  return `${room} may not import ${what}; move the line to a room that may (src/layers.ts)`
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}
