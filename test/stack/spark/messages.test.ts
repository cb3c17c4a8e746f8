import assert from 'node:assert/strict'
import { test } from 'node:test'
import protobuf from 'protobufjs'
import { jarFolder } from '../../../scripts/stack/java.ts'
import { messages } from '../../../src/wire/spark-connect/messages.ts'
import { protoFiles } from '../rig/proto-files.ts'
import { withoutJava } from '../rig/servers.ts'

const tables: Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>> =
  messages
const INTEGERS = ['int32', 'int64']

/** Whose names are Spark's own; all others are what fields of these are made of. */
const roots = Object.keys(messages).filter((name) => /(Request|Response)$/.test(name))

/** Where our table says something else than a definition, whatever it is made of included. */
function differences(name: string, type: protobuf.Type, seen = new Set<string>()): string[] {
  if (seen.has(name) || name === 'Empty') return []
  seen.add(name)
  return Object.entries(tables[name] ?? {}).flatMap(([field, [number, ours]]) => {
    const theirs = type.fieldsById[number]
    const place = `${name}.${field} = ${number}`
    if (theirs === undefined) return [`${place} is nowhere in ${type.fullName}`]
    if (kindOf(theirs) !== shapeOf(ours)) return [`${place} is ${kindOf(theirs)} ${theirs.name}`]
    const inner = ours.replace('*', '')
    const of = theirs.resolvedType
    return of instanceof protobuf.Type ? differences(inner, of, seen) : []
  })
}

function kindOf(field: protobuf.Field): string {
  if (field instanceof protobuf.MapField) return `map of ${field.keyType} to ${field.type}`
  const isEnum = field.resolvedType instanceof protobuf.Enum
  const one = isEnum || INTEGERS.includes(field.type) ? 'int' : field.type
  const scalar = field.resolvedType instanceof protobuf.Type ? 'message' : one
  return `${scalar}${field.repeated ? '*' : ''}`
}

function shapeOf(type: string): string {
  if (type === 'map') return 'map of string to string'
  return type.replace(/^[A-Z]\w*/, 'message')
}

test(
  'numbers and types of all fields are those of Spark 4.2.0',
  { skip: withoutJava() },
  async () => {
    const files = await protoFiles(await jarFolder('spark'))

    const found = roots.flatMap((name) =>
      differences(name, files.lookupType(`spark.connect.${name}`)),
    )
    const ofGoogle = ['Status', 'ErrorInfo'].flatMap((name) =>
      differences(name, files.lookupType(`google.rpc.${name}`)),
    )

    assert.deepEqual([...found, ...ofGoogle], [])
    assert.ok(roots.length >= 10)
  },
)
