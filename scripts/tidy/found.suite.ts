import type { Rule } from './finding.ts'
import { treeOf } from './tree.ts'

/** What a rule says of a tree of these files, as `path:line what is wrong; do this instead`. */
export function found(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  return [...rule.check(treeOf(files))].map(({ path, line, says }) => `${path}:${line} ${says}`)
}
