import type { z } from 'zod'
import type { ConfigPath, Finding } from '../config-error.ts'
import { nearestName } from '../nearest-name.ts'
import { guideAt, schemaGuide, type GuideNode } from './schema-guide.ts'

type Issue = z.core.$ZodIssue
type Written = { readonly root: GuideNode; readonly value: unknown }

/** What the schema found, in words of the person who wrote the file: each says what to write. */
export function schemaFindings(issues: readonly Issue[], value: unknown): readonly Finding[] {
  const written = { root: schemaGuide(), value }
  return issues.flatMap((issue) => findingsOf(issue, written))
}

function findingsOf(issue: Issue, written: Written): readonly Finding[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...path, key], written))
  }
  // A wrong `kind` leads to none of the alternatives: those of its parent are the words allowed.
  const guide =
    guideAt(written.root, path, written.value) ??
    guideAt(written.root, path.slice(0, -1), written.value)
  if (issue.code === 'invalid_key') {
    const bounds = 'names are letters, digits and _, and begin with no digit; at most 64'
    return [{ path, message: 'is no name that can stand here', advice: bounds, isKey: true }]
  }
  if (valueAt(written.value, path) === undefined) {
    return [{ path, message: 'is missing', advice: adviceOf(path, guide) }]
  }
  return [{ path, message: messageOf(issue, guide), advice: adviceOf(path, guide) }]
}

function unknownKey(path: ConfigPath, { root, value }: Written): Finding {
  const known = Object.keys(guideAt(root, path.slice(0, -1), value)?.properties ?? {})
  const key = String(path.at(-1))
  const near = nearestName(key, known)
  const advice = near === undefined ? `write one of ${known.join(', ')}` : `did you mean ${near}?`
  return { path, message: `there is no ${JSON.stringify(key)} here`, advice, isKey: true }
}

function messageOf(issue: Issue, guide: GuideNode | undefined): string {
  switch (issue.code) {
    case 'custom':
      return issue.message
    case 'invalid_type':
      if (guide?.unit !== undefined) return `is no ${guide.unit}: it has no unit`
      return `is not ${wanted(guide?.type ?? issue.expected)}`
    case 'invalid_value':
      return 'is none of the words allowed'
    case 'too_small':
      return `is too small: at least ${issue.minimum}${issue.origin === 'array' ? ' entries' : ''}`
    case 'too_big':
      return `is too large: at most ${issue.maximum}${issue.origin === 'array' ? ' entries' : ''}`
    case 'invalid_format':
      return 'is not written as it has to be'
    default:
      return 'is not what can stand here'
  }
}

function wanted(type: string): string {
  const words: Readonly<Record<string, string>> = {
    object: 'a map of keys',
    record: 'a map of keys',
    array: 'a list',
    string: 'a text',
    integer: 'a whole number',
    int: 'a whole number',
    boolean: 'true or false',
  }
  return words[type] ?? `a ${type}`
}

/** What to write instead: the example, the words allowed, or the bounds of the field. */
function adviceOf(path: ConfigPath, guide: GuideNode | undefined): string {
  const key = path.findLast((step) => typeof step === 'string') ?? 'it'
  const shown = typeof path.at(-1) === 'number' ? '' : `${key}: `
  const example = guide?.examples?.[0] ?? guide?.const
  const options = (guide?.oneOf ?? guide?.anyOf)?.flatMap((o) => o.properties?.kind?.const ?? [])
  if (guide?.enum !== undefined) return `write one of ${guide.enum.join(', ')}`
  if (options !== undefined && options.length > 0) return `write kind: ${options.join(' | ')}`
  const why = guide?.description === undefined ? '' : ` (${guide.description.replace(/\.$/, '')})`
  if (example !== undefined) return `write ${shown}${exampleText(example)}${why}`
  const keys = Object.keys(guide?.properties ?? {})
  if (keys.length > 0) return `write ${shown}{ ${(guide?.required ?? keys).join(', ')} }${why}`
  return `see docs/config.md for ${key}`
}

/** An example as it stands in YAML on one line. */
export function exampleText(example: unknown): string {
  if (typeof example !== 'string') {
    return JSON.stringify(example).replaceAll('":', '": ').replaceAll(',"', ', "')
  }
  return /^[\w./:<>=+-][\w ./<>=+-]*$/.test(example) && !example.includes(': ')
    ? example
    : JSON.stringify(example)
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  let here = value
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = Object.getOwnPropertyDescriptor(here, step)?.value
  }
  return here
}
