import { resolve } from 'node:path'
import { tidyExceptions } from './tidy-exceptions.ts'
import { withExceptions } from './tidy/exceptions.ts'
import { readTree } from './tidy/read-tree.ts'
import { rules } from './tidy/rules.ts'

// Checks the house. Prints `path:line rule: what is wrong; do this instead`, exits 1 on any.

const root = resolve(import.meta.dirname, '..')
const tree = readTree(root)
const findings = withExceptions(
  rules.flatMap((rule) => [...rule.check(tree)]),
  tidyExceptions,
)
for (const { path, line, rule, says } of findings) console.log(`${path}:${line} ${rule}: ${says}`)
const files = `${tree.bytesByPath.size} files, ${rules.length} rules`
console.error(
  findings.length === 0 ? `tidy: ${files}` : `tidy: ${files}, ${findings.length} to mend`,
)
process.exitCode = findings.length === 0 ? 0 : 1
