import { variableOf } from './environment-settings.ts'
import { exampleText } from './schema/schema-findings.ts'
import { resolved, schemaGuide, type GuideNode } from './schema/schema-guide.ts'

const INTRODUCTION = `# Configuration

One YAML 1.2 file configures all. Every field has a default but those marked *required*; an unknown
key is an error that names the nearest known one. \`nocturne check config FILE\` says all that is
wrong with a file, each mistake with its line, its column and what to write instead.

- **Durations** carry their unit: \`200ms\`, \`10s\`, \`5m\` (or \`5min\`), \`24h\`, \`30d\`.
  **Sizes** do too: \`64 KiB\`, \`8 GiB\`, \`1 MB\`, \`512 B\`.
- **The environment** wins over the file, for single values: \`http.listen\` is
  \`${variableOf(['http', 'listen'])}\`.
- **Relative paths** begin at the folder of the file that names them.
- **Expressions** (\`where\`, \`values\`, \`when\`, \`clear\`, \`gate\`) are CEL. \`where\` sees one
  row: fields against constants, \`in\`, \`&& || !\`; a comparison with an absent field is false, so
  \`late >= 0\` asks whether there is one. \`values\` are arithmetic over aggregates, and only
  there is \`/\`. The others compare aggregates, values, group fields, and what the past was:
  \`base("retrans", "1h")\` and its like (docs/history-rules.md).
- **Secrets** are not written here: \`…_file\` names a file that its owner alone may read.

This page is made from the schema by \`scripts/config-docs.ts\`; do not edit it.
`

type Section = { readonly title: string; readonly node: GuideNode }

/** The manual of the configuration, as Markdown: one table a section, in the schema's order. */
export function configManual(): string {
  const root = schemaGuide()
  const lines = [INTRODUCTION]
  const open: Section[] = [{ title: '', node: root }]
  const seen = new Set<string>()
  for (let section = open.shift(); section !== undefined; section = open.shift()) {
    const { title, node } = section
    if (seen.has(title)) continue
    seen.add(title)
    if (title !== '') lines.push(`## \`${title}\`\n`)
    if (title !== '' && node.description !== undefined) lines.push(`${node.description}\n`)
    lines.push(tableOf(node, root))
    open.unshift(...sectionsBelow(section, root))
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function tableOf(node: GuideNode, root: GuideNode): string {
  const head = ['| field | type | default | bounds | example | |', '|---|---|---|---|---|---|']
  const rows = Object.entries(node.properties ?? {}).map(([key, raw]) => {
    const field = resolved(root, raw)
    const isRequired = node.required?.includes(key) === true
    const cells = [
      `\`${key}\``,
      typeText(field),
      isRequired ? '*required*' : defaultText(field),
      boundsText(field),
      field.examples === undefined ? '' : code(exampleText(field.examples[0])),
      field.description ?? '',
    ]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  })
  return `${[...head, ...rows].join('\n')}\n`
}

const code = (text: string): string => (text === '' ? '' : `\`${text}\``)

function typeText(node: GuideNode): string {
  if (node.const !== undefined) return code(String(node.const))
  if (node.enum !== undefined) return node.enum.map((word) => code(String(word))).join(' ')
  if (node.unit !== undefined) return node.unit
  if (node.type === 'array') return `list of ${plural(node.items)}`
  if (node.type === 'object') return 'map'
  const options = node.oneOf ?? node.anyOf
  if (options !== undefined) return [...new Set(options.map(typeText))].join(' or ')
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'whole number',
    boolean: 'true or false',
  }
  return words[node.type ?? ''] ?? node.type ?? 'any'
}

function plural(node: GuideNode | undefined): string {
  const { type, unit, enum: words } = node ?? {}
  if (words !== undefined) return words.map((word) => code(String(word))).join(' ')
  if (unit !== undefined) return `${unit}s`
  if (type === 'string') return 'texts'
  return type === 'integer' || type === 'number' ? 'numbers' : 'maps'
}

function defaultText({ default: value, properties }: GuideNode): string {
  if (value === undefined) return '–'
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  if (isEmpty && properties !== undefined) return 'see below'
  return typeof value === 'object' && !isEmpty ? 'see text' : code(exampleText(value))
}

function boundsText(node: GuideNode): string {
  if (node.bounds !== undefined) {
    return /[\\^$[\]]/.test(node.bounds) ? code(node.bounds) : node.bounds
  }
  if (node.type === 'array') return node.maxItems === undefined ? '' : `at most ${node.maxItems}`
  if (node.minimum === undefined || node.maximum === undefined || node.type === undefined) return ''
  return `${node.minimum} to ${node.maximum}`
}

/** What has a table of its own: maps, entries of lists and of named maps, and alternatives. */
function sectionsBelow({ title, node }: Section, root: GuideNode): readonly Section[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, raw]) =>
    sectionsOf(title === '' ? key : `${title}.${key}`, resolved(root, raw), root),
  )
}

function sectionsOf(title: string, node: GuideNode, root: GuideNode): readonly Section[] {
  // Routes hold routes: one level shows them all.
  if (title.endsWith('.routes[].routes')) return []
  const options = node.oneOf ?? node.anyOf
  if (options !== undefined) {
    return options.flatMap((option) => {
      const kind = option.properties?.kind?.const
      return sectionsOf(kind === undefined ? title : `${title} (${String(kind)})`, option, root)
    })
  }
  if (node.properties !== undefined) return [{ title, node }]
  if (node.items !== undefined) return sectionsOf(`${title}[]`, resolved(root, node.items), root)
  if (typeof node.additionalProperties === 'object') {
    return sectionsOf(`${title}.NAME`, resolved(root, node.additionalProperties), root)
  }
  return []
}
