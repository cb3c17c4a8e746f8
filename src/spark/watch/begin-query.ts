import type { SiteProgram } from '../site-program.ts'
import type { QueryId, SparkSession } from '../spark-session.ts'
import type { SparkSpec } from '../spark-spec.ts'
import { namePrefix, queryName } from './query-name.ts'
import { panesQuery, readingsSource, sessionSettings, siteFolder } from './query-plan.ts'
import type { SharedPositions } from './shared-positions.ts'
import type { SiteRecord } from './site-memory.ts'

/** What is asked for: one text, in the folder that is its own. */
export type Wanted = {
  readonly spec: SparkSpec
  readonly site: string
  readonly program: SiteProgram
  /** What was remembered; absent where this site never ran. */
  readonly record: SiteRecord | undefined
  /** The recorded folder cannot be gone on with. */
  readonly isAnew: boolean
  readonly positions: SharedPositions
  /** Says that Spark has `readings`. @throws AGGREGATE_ENGINE_DIFFERS where another engine has. */
  readonly claim: () => Promise<void>
  /** Resolves when it is durable. */
  readonly keep: (record: SiteRecord) => Promise<void>
}

export type Begun = { readonly query: QueryId; readonly isFollowed: boolean }

/**
 * Follows the query of this text and these settings where the session has it; else stops what else
 * it has of the site and starts it: in the recorded folder where that is of the same text, or in a
 * new one from the shared positions on (9.3, Z15).
 * @throws SPARK_*, AGGREGATE_ENGINE_DIFFERS, LOG_*.
 */
export async function beginQuery(session: SparkSession, wanted: Wanted): Promise<Begun> {
  const { spec, site, program, record, isAnew } = wanted
  await session.configure(sessionSettings(spec))
  const { hash } = program
  const name = queryName(spec, program)
  const running = (await session.queries.active()).filter((each) =>
    each.name.startsWith(namePrefix(site)),
  )
  const found = isAnew ? undefined : running.find((each) => each.name === name)
  for (const other of running) if (other !== found) await session.queries.stop(other)
  if (found !== undefined && record?.hash === hash) return { query: found, isFollowed: true }
  if (found !== undefined) await session.queries.stop(found)
  return { query: await start(session, wanted, { hash, name }), isFollowed: false }
}

async function start(
  session: SparkSession,
  { spec, site, program, record, isAnew, positions, claim, keep }: Wanted,
  { hash, name }: { readonly hash: string; readonly name: string },
): Promise<QueryId> {
  // Two engines on one topic would give a source two watermarks.
  await claim()
  const base = siteFolder(spec, site)
  const isSame = record?.hash === hash && record.folder.startsWith(base) && !isAnew
  const n = isSame ? record.n : (record?.n ?? 0) + 1
  const folder = isSame ? record.folder : `${base}${hash}-${n}`
  const next = { session: session.id, hash, folder, n }
  await keep(next)
  const source = readingsSource(spec, await positions.startingOffsets())
  for (const view of program.views(source)) await session.view(view.name, view.relation)
  const query = await session.queries.start(panesQuery(spec, { program, name, folder }))
  await keep({ ...next, query: query.id })
  return query
}
