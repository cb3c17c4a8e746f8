import { resolve } from 'node:path'
import type { Secret } from '../std/secret.ts'
import type { CollectFields } from './collect-schema.ts'
import type { Config, FieldMap, MappedField, SourceSpec } from './config.ts'
import type { ConfigPath } from './config-error.ts'

type MapFields = NonNullable<CollectFields['map']>
type SourceFields = CollectFields['sources'][number]
type ReadKey = (path: string, at: ConfigPath) => Secret | undefined

/** The section `collect` as written, with paths made absolute and keys read. */
export function compileCollect(
  { sources, map, sampling }: CollectFields,
  folder: string,
  readKey: ReadKey,
): Config['collect'] {
  const shared = compileMap(map ?? {})
  const key =
    sampling.key_file === undefined
      ? undefined
      : readKey(sampling.key_file, ['collect', 'sampling', 'key_file'])
  return {
    sources: sources.map((source) => compileSource(source, folder, shared)),
    map: shared,
    sampling: { rate: sampling.rate, ...(key === undefined ? {} : { key }) },
  }
}

function compileSource(fields: SourceFields, folder: string, shared: FieldMap): SourceSpec {
  switch (fields.kind) {
    case 'file':
    case 'tail':
    case 'stdin': {
      const { kind, format } = fields
      const map = fields.map === undefined ? shared : compileMap(fields.map)
      return { kind, format, map, ...('path' in fields && { path: resolve(folder, fields.path) }) }
    }
    case 'ss':
      return {
        kind: 'ss',
        periodMs: fields.period,
        ...(fields.filter === undefined ? {} : { filter: fields.filter }),
        ports: fields.ports,
        addresses: fields.addresses,
        streamByPort: fields.streams,
        stream: fields.stream,
      }
    case 'match-night':
      return {
        kind: 'match-night',
        seed: fields.seed,
        channelCount: fields.channels,
        rowsPerSecond: fields.rows_per_second,
      }
  }
}

function compileMap(fields: MapFields): FieldMap {
  return Object.fromEntries(
    Object.entries(fields).map(([name, how]) => [
      name,
      typeof how === 'string' ? { from: how } : mapped(how),
    ]),
  )
}

function mapped(how: Exclude<MapFields[string], string>): MappedField {
  const { from, value, unit, scale, delta_by: deltaBy, as } = how
  return {
    ...(from !== undefined && { from }),
    ...(value !== undefined && { value }),
    ...(unit !== undefined && { unit }),
    ...(scale !== undefined && { scale }),
    ...(deltaBy !== undefined && { deltaBy }),
    ...(as !== undefined && { as }),
  }
}
