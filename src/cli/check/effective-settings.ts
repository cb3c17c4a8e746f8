import type { ConfigPath } from '../../config/config-error.ts'
import { pathText } from '../../config/config-error.ts'
import { environmentSettings, type Environment } from '../../config/environment-settings.ts'
import { guideAt, resolved, schemaGuide, type GuideNode } from '../../config/schema/schema-guide.ts'
import { fileText, writtenConfig, type WrittenConfig } from '../../config/written-config.ts'
import { yamlSource } from '../../config/yaml-source.ts'

/** One field as it holds, and where it was said (R8): `file:line`, a variable, or `default`. */
export type EffectiveSetting = {
  readonly path: string
  readonly value: string
  readonly origin: string
}

/** Every single value of a configuration that is right, in the schema's order. */
export function effectiveSettings(file: string, env: Environment): readonly EffectiveSetting[] {
  const read = fileText(file)
  const source = yamlSource(file, 'text' in read ? read.text : '')
  const written = writtenConfig(source, environmentSettings(env))
  const root = schemaGuide()
  return below({ root, written }, [], written.value)
}

type Walk = { readonly root: GuideNode; readonly written: WrittenConfig }

function below(walk: Walk, path: ConfigPath, value: unknown): readonly EffectiveSetting[] {
  const { root, written } = walk
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) return [said(written, path, value)]
    return value.flatMap((item: unknown, i) => below(walk, [...path, i], item))
  }
  const node = guideAt(root, path, written.value)
  if (typeof value === 'object' && value !== null) return members(walk, path, { value, node })
  if (value !== undefined) return [said(written, path, value)]
  if (node?.properties !== undefined && node.default !== undefined) {
    return members(walk, path, { value: {}, node })
  }
  if (node?.default === undefined) return []
  return [{ path: pathText(path), value: valueText(node.default), origin: 'default' }]
}

/** Fields of the schema first, in its order, then names that people chose. */
function members(
  walk: Walk,
  path: ConfigPath,
  at: { readonly value: object; readonly node: GuideNode | undefined },
): readonly EffectiveSetting[] {
  const values = new Map<string, unknown>(Object.entries(at.value))
  const known = Object.keys((at.node && resolved(walk.root, at.node).properties) ?? {})
  const names = new Set([...known, ...values.keys()])
  return [...names].flatMap((name) => below(walk, [...path, name], values.get(name)))
}

function said(written: WrittenConfig, path: ConfigPath, value: unknown): EffectiveSetting {
  const { file, line } = written.locate({ path, message: '', advice: '' })
  const isVariable = file.startsWith('environment variable')
  const origin = isVariable ? file : `${file}:${line}`
  return { path: pathText(path), value: valueText(value), origin }
}

/** Addresses may hold a secret in user, path or query (R9): only their origin is shown. */
function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`
  if (typeof value !== 'string') return JSON.stringify(value)
  const url = /^https?:/.test(value) ? URL.parse(value) : null
  if (url === null) return value
  return url.href === `${url.origin}/` ? url.origin : `${url.origin}/…`
}
