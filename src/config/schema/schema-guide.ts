import { z } from 'zod'
import type { ConfigPath } from '../config-error.ts'
import { settingsSchema } from './settings-schema.ts'

/** One node of the schema as data: what the manual prints and error advice is made from. */
export type GuideNode = {
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly unit?: string
  readonly bounds?: string
  readonly default?: unknown
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, GuideNode>>
  readonly required?: readonly string[]
  readonly additionalProperties?: GuideNode | boolean
  readonly items?: GuideNode
  readonly anyOf?: readonly GuideNode[]
  readonly oneOf?: readonly GuideNode[]
  readonly allOf?: readonly GuideNode[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, GuideNode>>
}

/** The schema of the whole file, as data. */
export function schemaGuide(): GuideNode {
  return z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' }) as GuideNode
}

/** A node with its reference resolved; what stands beside the reference is kept. */
export function resolved(root: GuideNode, node: GuideNode): GuideNode {
  const [only] = node.allOf ?? []
  const ref = node.$ref ?? only?.$ref
  const name = ref?.split('/').at(-1)
  if (name === undefined) return node
  return { ...root.$defs?.[name], ...node }
}

/** The node that a path of a written value leads to; undefined where the schema has none. */
export function guideAt(root: GuideNode, path: ConfigPath, value: unknown): GuideNode | undefined {
  let node: GuideNode | undefined = root
  let here = value
  for (const step of path) {
    node = chosen(resolved(root, node), here)
    if (typeof step === 'number') node = node.items
    else node = node.properties?.[step] ?? schemaOf(node.additionalProperties)
    if (node === undefined) return undefined
    here = inside(here, step)
  }
  return chosen(resolved(root, node), here)
}

const schemaOf = (node: GuideNode | boolean | undefined): GuideNode | undefined =>
  typeof node === 'object' ? node : undefined

const inside = (value: unknown, step: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? Object.getOwnPropertyDescriptor(value, step)?.value
    : undefined

/** Of alternatives the one whose `kind` is written, else the one of the written type. */
function chosen(node: GuideNode, value: unknown): GuideNode {
  const options = node.oneOf ?? node.anyOf
  if (options === undefined) return node
  const kind = inside(value, 'kind')
  const isByKind = options.some((option) => option.properties?.kind?.const !== undefined)
  const type = Array.isArray(value) ? 'array' : typeof value
  const found = options.find((option) =>
    isByKind ? option.properties?.kind?.const === kind : option.type === type,
  )
  return found === undefined ? node : { ...node, ...found }
}
