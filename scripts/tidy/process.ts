import type { Rule } from './finding.ts'
import { isGlobalUse } from './global-use.ts'
import { placeOf } from './place.ts'

const TIMERS = 'take a Clock as an argument (std/clock.ts)'
const PROCESS = 'take it as an argument (config/, cli/, main.ts)'
const CONSOLE = 'log through telemetry/ (cli/, main.ts)'

/** Global names with the sentence that says who may use them instead. */
const KEPT: Readonly<Record<string, string>> = {
  process: PROCESS,
  console: CONSOLE,
  setTimeout: TIMERS,
  setInterval: TIMERS,
  setImmediate: TIMERS,
}

/** The process, the terminal and the timers each have their few files in `src/`. */
export const process: Rule = {
  name: 'process',
  *check(tree) {
    for (const module of tree.modules.values()) {
      const { path } = module
      const { side, room, isTest } = placeOf(path)
      if (side !== 'src' || isTest || path === 'src/std/clock.ts') continue
      for (const { node, above } of module.nodes) {
        if (!isGlobalUse(node, above) || !Object.hasOwn(KEPT, node.name)) continue
        if (mayUse(room, node.name)) continue
        const says = `${node.name} in ${room}; ${KEPT[node.name]}`
        yield { rule: 'process', path, line: module.lineAt(node.start), says }
      }
    }
  },
}

function mayUse(room: string | undefined, name: string): boolean {
  if (name === 'process') return room === 'config' || room === 'cli'
  return name === 'console' && room === 'cli'
}
