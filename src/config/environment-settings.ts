import type { ConfigPath } from './config-error.ts'
import { schemaGuide, type GuideNode } from './schema/schema-guide.ts'

const LEAF_TYPES: readonly string[] = ['string', 'number', 'integer', 'boolean']

/** Variables of the process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>
/** One setting that the environment overrides (R8). */
export type EnvironmentSetting = {
  readonly variable: string
  readonly path: ConfigPath
  readonly value: unknown
}

/**
 * The settings that the environment names, which win over the file (R8): `http.listen` is
 * `NOCTURNE_HTTP_LISTEN`. Only single values below maps have a variable, no lists.
 */
export function environmentSettings(env: Environment): readonly EnvironmentSetting[] {
  return leavesOf(schemaGuide(), []).flatMap(({ path, node }) => {
    const variable = variableOf(path)
    const text = env[variable]
    return text === undefined ? [] : [{ variable, path, value: valueOf(text, node) }]
  })
}

/** `NOCTURNE_HTTP_LISTEN` of `http.listen`. */
export const variableOf = (path: ConfigPath): string => `NOCTURNE_${path.join('_').toUpperCase()}`

/** The written value with the environment's settings laid over it; nothing given is changed. */
export function withSettings(value: unknown, settings: readonly EnvironmentSetting[]): unknown {
  return settings.reduce((all, { path, value: leaf }) => withLeaf(all, path, leaf), value)
}

function withLeaf(value: unknown, path: ConfigPath, leaf: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return leaf
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  const members: Readonly<Record<string, unknown>> = isMap ? { ...value } : {}
  return { ...members, [step]: withLeaf(members[step], rest, leaf) }
}

type Leaf = { readonly path: ConfigPath; readonly node: GuideNode }

function leavesOf(node: GuideNode, path: ConfigPath): readonly Leaf[] {
  if (node.type === 'object' && node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([key, below]) =>
      leavesOf(below, [...path, key]),
    )
  }
  const isLeaf = typesOf(node).every((type) => LEAF_TYPES.includes(type))
  return isLeaf ? [{ path, node }] : []
}

/** Its type, or those of its alternatives. */
const typesOf = ({ type, anyOf }: GuideNode): readonly string[] =>
  (anyOf ?? [{ type }]).map((option) => option.type ?? '')

function valueOf(text: string, node: GuideNode): unknown {
  const types = typesOf(node)
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  const isNumber = types.includes('number') || types.includes('integer')
  return isNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
