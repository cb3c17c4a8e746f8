import { resolve } from 'node:path'
import { socketFilter } from '../collect/stream-rules.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { Secret } from '../std/secret.ts'
import type { CollectFields } from './schema/collect-schema.ts'
import type { Config, FieldMap, SourceSpec } from './config.ts'
import type { ConfigPath } from './config-error.ts'
import type { Findings } from './expressions.ts'

type MapFields = NonNullable<CollectFields['map']>
type SourceFields = CollectFields['sources'][number]
type SsFields = Extract<SourceFields, { kind: 'ss' }>
type ReadKey = (path: string, at: ConfigPath) => Secret | undefined
type Place = { readonly path: ConfigPath; readonly findings: Findings }

/** The section `collect` as written, with paths made absolute and keys read. */
export function compileCollect(
  { sources, map, sampling }: CollectFields,
  site: { readonly folder: string; readonly findings: Findings },
  readKey: ReadKey,
): Config['collect'] {
  const { folder, findings } = site
  const shared = compileMap(map ?? {})
  const key =
    sampling.key_file === undefined
      ? undefined
      : readKey(sampling.key_file, ['collect', 'sampling', 'key_file'])
  return {
    sources: sources.map((source, i) =>
      compileSource(source, { folder, shared, path: ['collect', 'sources', i], findings }),
    ),
    map: shared,
    sampling: { rate: sampling.rate, ...(key === undefined ? {} : { key }) },
  }
}

function compileSource(
  fields: SourceFields,
  place: Place & { readonly folder: string; readonly shared: FieldMap },
): SourceSpec {
  const { folder, shared } = place
  switch (fields.kind) {
    case 'file':
    case 'tail':
    case 'stdin': {
      const { kind, format } = fields
      const map = fields.map === undefined ? shared : compileMap(fields.map)
      return { kind, format, map, ...('path' in fields && { path: resolve(folder, fields.path) }) }
    }
    case 'ss':
      return compileSs(fields, place)
    case 'match-night':
      return {
        kind: 'match-night',
        seed: fields.seed,
        channelCount: fields.channels,
        rowsPerSecond: fields.rows_per_second,
      }
  }
}

function compileSs({ ports, addresses, streams }: SsFields, place: Place): SourceSpec {
  const { path } = place
  for (const [i, address] of (addresses ?? []).entries()) {
    checkAddress(address, { ...place, path: [...path, 'addresses', i] })
  }
  const rules = streams.map(({ port, address, stream }, i) => {
    if (address !== undefined) {
      checkAddress(address, { ...place, path: [...path, 'streams', i, 'address'] })
    }
    return {
      ...(port !== undefined && { port }),
      ...(address !== undefined && { address }),
      stream,
    }
  })
  const filter = { ...(ports && { ports }), ...(addresses && { addresses }) }
  return { kind: 'ss', filter, rules }
}

function checkAddress(address: string, { path, findings }: Place): void {
  try {
    socketFilter({ addresses: [address] })
  } catch (error) {
    if (!(error instanceof NocturneError)) throw error
    const advice = 'write 192.0.2.10, 192.0.2.0/24 or 2001:db8::/32'
    findings.push({ path, message: 'is neither an address nor a prefix', advice })
    return
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

function mapped(how: Exclude<MapFields[string], string>): FieldMap[string] {
  const { from, value, unit, scale, delta_by, as } = how
  return {
    ...(from !== undefined && { from }),
    ...(value !== undefined && { value }),
    ...(unit !== undefined && { unit }),
    ...(scale !== undefined && { scale }),
    ...(delta_by !== undefined && { delta_by }),
    ...(as !== undefined && { as }),
  }
}
