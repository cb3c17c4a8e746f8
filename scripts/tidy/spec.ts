import type { Finding, Rule } from './finding.ts'
import { placeOf } from './place.ts'
import type { Tree } from './tree.ts'

const PAGE = 'SPEC.md'
const DEFINED = /^- \*\*([A-Z]\d+)\*\*/
/** A title begins with its ids: `[W3] …`, `[W3] [W4] …` or `[W3, W4] …`. */
const CITED = /^((?:\[[A-Z]\d+(?:, [A-Z]\d+)*\] ?)+)/

/** Each rule of the SPEC has a test that cites it, and each cited rule is in the SPEC. */
export const spec: Rule = {
  name: 'spec',
  *check(tree) {
    const defined = new Map<string, number>()
    for (const [at, text] of (tree.texts.get(PAGE) ?? '').split('\n').entries()) {
      const id = DEFINED.exec(text)?.[1]
      if (id === undefined) continue
      if (defined.has(id)) yield finding(PAGE, at + 1, `${id} is there twice; each rule has one id`)
      defined.set(id, at + 1)
    }
    const cited = new Set<string>()
    for (const { id, path, line } of citations(tree)) {
      cited.add(id)
      if (defined.has(id)) continue
      yield finding(path, line, `${id} is not in ${PAGE}; add the rule, or cite the one meant`)
    }
    for (const [id, line] of defined) {
      if (!cited.has(id))
        yield finding(
          PAGE,
          line,
          `no test cites ${id}; write it, or leave the rule out until it is built`,
        )
    }
  },
}

const finding = (path: string, line: number, says: string): Finding => ({
  rule: 'spec',
  path,
  line,
  says,
})

type Citation = { readonly id: string; readonly path: string; readonly line: number }

function citations(tree: Tree): Citation[] {
  const tests = [...tree.modules.values()].filter(
    ({ path }) => placeOf(path).isTest && !path.startsWith('scripts/tidy/'),
  )
  return tests.flatMap(({ path, nodes, lineAt }) => {
    const texts = nodes.flatMap(({ node }) => ({ text: textOf(node), line: lineAt(node.start) }))
    // Titles made from a table (`[${rule}] …`) cite the ids that stand alone in it.
    const isTable = texts.some(({ text }) => text === '[')
    return texts.flatMap(({ text = '', line }) => {
      const ids = CITED.exec(text)?.[1]?.match(/[A-Z]\d+/g) ?? []
      const alone = isTable && /^[A-Z]\d+$/.test(text) ? [text] : []
      return [...ids, ...alone].map((id) => ({ id, path, line }))
    })
  })
}

function textOf(node: { readonly type: string; readonly value?: unknown }): string | undefined {
  if (node.type !== 'Literal' && node.type !== 'TemplateElement') return undefined
  const { value } = node
  if (typeof value === 'string') return value
  const isPart = typeof value === 'object' && value !== null && 'raw' in value
  return isPart ? String(value.raw) : undefined
}
