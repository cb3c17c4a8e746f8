import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import { pathText, type ConfigError, type ConfigPath, type Finding } from './config-error.ts'

/** A parsed YAML file that still knows where each of its values stands. */
export type YamlSource = {
  readonly file: string
  readonly value: unknown
  /** What is wrong with the YAML itself; then `value` is undefined. */
  readonly errors: readonly ConfigError[]
  /** A finding about this file with its line and column. */
  readonly locate: (finding: Finding) => ConfigError
}

/** Reads YAML 1.2, core schema, no tags and no repeated keys. Never throws. */
export function yamlSource(file: string, text: string): YamlSource {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', schema: 'core' })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const errors = [...document.errors, ...document.warnings].map((error) => ({
    ...place(error.pos[0]),
    path: '',
    message: (error.message.split('\n')[0] ?? 'not YAML').replace(/ at line \d+.*$/, ''),
    advice: 'mend the YAML here; indent with blanks, and put texts with : or # in quotes',
  }))
  return {
    file,
    value: errors.length > 0 ? undefined : valueOf(document),
    errors,
    locate: (finding) => ({
      ...place(offsetOf(document, finding)),
      path: pathText(finding.path),
      message: finding.message,
      advice: finding.advice,
    }),
  }
}

/** Aliases are bounded, so that a small file cannot become a large value. */
function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

/** Where a path stands, or its nearest ancestor: a missing key is missed in its map. */
function offsetOf(document: Document, { path, at, isKey }: Finding): number {
  const exact = isKey === true ? keyOf(document, path) : nodeAt(document, path)
  if (exact?.range != null) return exact.range[0] + textOffset(exact, at)
  for (let length = path.length - 1; length > 0; length--) {
    const key = keyOf(document, path.slice(0, length))
    const node = key ?? nodeAt(document, path.slice(0, length))
    if (node?.range != null) return node.range[0]
  }
  return nodeAt(document, [])?.range?.[0] ?? 0
}

function nodeAt(document: Document, path: ConfigPath): Node | undefined {
  const found = path.length === 0 ? document.contents : document.getIn(path, true)
  return typeof found === 'object' && found !== null && 'range' in found
    ? (found as Node)
    : undefined
}

function keyOf(document: Document, path: ConfigPath): Node | undefined {
  const map = nodeAt(document, path.slice(0, -1))
  const name = path.at(-1)
  if (!isMap(map)) return undefined
  const pair = map.items.find(({ key }) => isScalar(key) && String(key.value) === String(name))
  return isScalar(pair?.key) ? pair.key : undefined
}

/** Only a text that stands on one line as it is has a place for its n-th character. */
function textOffset(node: Node, at: number | undefined): number {
  if (at === undefined || !isScalar(node)) return 0
  if (node.type === 'PLAIN') return at
  return node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? at + 1 : 0
}
