import type { Rule } from './finding.ts'
import type { Module } from './module.ts'

/** A name is imported from the file that defines it, by that name. */
export const barrels: Rule = {
  name: 'barrels',
  *check(tree) {
    for (const module of tree.modules.values()) {
      const { path } = module
      if (/(^|\/)index\.tsx?$/.test(path)) {
        const says = 'index files hide where names come from; name the file for its export'
        yield { rule: 'barrels', path, line: 1, says }
      }
      for (const { line, says } of faults(module)) yield { rule: 'barrels', path, line, says }
    }
  },
}

function faults(module: Module): { readonly line: number; readonly says: string }[] {
  return module.exports.flatMap(({ name, from, line }) => {
    if (from) {
      return {
        line,
        says: `passes on ${name === '*' ? 'all names' : name} of another file; import it there`,
      }
    }
    // The tool that reads a configuration asks for its default export.
    const isDefault = name === 'default' && !module.path.endsWith('.config.ts')
    return isDefault
      ? { line, says: 'a default export has no name of its own; export it by name' }
      : []
  })
}
