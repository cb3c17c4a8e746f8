import type { Rule } from './finding.ts'
import type { Tree } from './tree.ts'

/** No file reaches itself by imports, those of types included. */
export const cycles: Rule = {
  name: 'cycles',
  *check(tree) {
    const told = new Set<string>()
    for (const path of [...tree.modules.keys()].sort()) {
      if (told.has(path)) continue
      const way = wayBack(tree, path)
      if (!way) continue
      for (const member of way) told.add(member)
      const circle = [...way, path].join(' > ')
      const says = `imports itself: ${circle}; move what both need below them`
      yield { rule: 'cycles', path, line: lineOf(tree, path, way[1] ?? path), says }
    }
  },
}

/** The shortest way from a file back to itself, without its end; breadth first. */
function wayBack(tree: Tree, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const path of queue) {
    for (const next of importsOf(tree, path)) {
      if (next === start) return trace(cameFrom, start, path)
      if (cameFrom.has(next)) continue
      cameFrom.set(next, path)
      queue.push(next)
    }
  }
  return undefined
}

function trace(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const way = [end]
  for (let at = cameFrom.get(end); at !== undefined; at = cameFrom.get(at)) way.unshift(at)
  return way[0] === start ? way : [start, ...way]
}

const importsOf = (tree: Tree, path: string): string[] =>
  (tree.modules.get(path)?.imports ?? []).flatMap(({ path: to }) =>
    to !== undefined && tree.modules.has(to) ? to : [],
  )

const lineOf = (tree: Tree, path: string, to: string): number =>
  tree.modules.get(path)?.imports.find((used) => used.path === to)?.line ?? 1
