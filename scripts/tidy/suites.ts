import { layers as rooms } from '../../src/layers.ts'
import type { Rule } from './finding.ts'
import { isAdapter } from './place.ts'

/**
 * Every adapter of a seam passes the suite of that seam. A room below it that never enters by its
 * door serves the adapters and is none itself.
 */
export const suites: Rule = {
  name: 'suites',
  *check(tree) {
    const modules = [...tree.modules.values()]
    for (const [adapter, room] of Object.entries(rooms)) {
      const [seam = ''] = adapter.split('/')
      if (!isAdapter(adapter) || !room.rooms.includes(seam)) continue
      const folder = `src/${adapter}/`
      if (!modules.some(({ path }) => path.startsWith(folder))) continue
      const suite = `src/${seam}/${seam}.suite.ts`
      const isRun = modules.some(
        ({ path, imports }) =>
          /\.test\.ts$/.test(path) &&
          imports.some((used) => used.path === suite) &&
          (path.startsWith(folder) || imports.some((used) => used.path?.startsWith(folder))),
      )
      if (isRun) continue
      const says = `no test runs ${suite} on ${adapter}; write one in its folder`
      yield { rule: 'suites', path: `src/${adapter}`, line: 1, says }
    }
  },
}
