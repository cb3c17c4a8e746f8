import { readToEnd, type Log } from '../../log/log.ts'
import { bytesOf } from '../../model/record-columns.ts'
import { utf8, utf8Text } from '../../std/bytes.ts'
import { decodeJson, shape, type Shape } from '../../wire/json-shape.ts'

const TOPIC = 'checkpoints'

/** What the watcher of a site leaves to the next one (Z2, Z15). */
export type Remembered = {
  readonly v: 1
  readonly site: string
  /** Id of the session that the query belongs to. */
  readonly session: string
  /** Of the text that runs, and the checkpoint folder that is its own. */
  readonly hash: string
  readonly folder: string
  /** Counts the folders of the site: none is ever used for two texts. */
  readonly n: number
  /** What outlives restarts from the folder; absent until it has run. */
  readonly query?: string
  /** Watermarks in the log by partition: none may go back. */
  readonly published: readonly (readonly [partition: number, watermark: number])[]
  readonly at: number
}

/** Which engine has `readings` (Z16). */
export type EngineRecord = { readonly v: 1; readonly engine: 'spark'; readonly at: number }

const isMark = (value: unknown): value is readonly [number, number] =>
  Array.isArray(value) && value.length === 2 && shape.count(value[0]) && shape.integer(value[1])

const isRemembered = shape.object<Remembered>({
  v: shape.one(1),
  site: shape.text,
  session: shape.text,
  hash: shape.text,
  folder: shape.text,
  n: shape.count,
  query: shape.optional(shape.text),
  published: shape.list(isMark),
  at: shape.integer,
})

const isEngine = shape.object<EngineRecord>({
  v: shape.one(1),
  engine: shape.one('spark'),
  at: shape.integer,
})

const siteKey = (site: string): string => `spark/${site}`
const ENGINE_KEY = 'engine'

/** What is remembered of Spark's part, as it lies in `checkpoints`. */
export const sparkMemory = {
  /** The last of each site. */
  async sites(log: Log): Promise<ReadonlyMap<string, Remembered>> {
    const bySite = new Map<string, Remembered>()
    for (const [key, value] of await newest(log, (key) => key.startsWith('spark/'))) {
      const found = read(value, isRemembered)
      if (found !== undefined && siteKey(found.site) === key) bySite.set(found.site, found)
    }
    return bySite
  },

  /** Undefined where nobody but our own engine has `readings`. */
  async engine(log: Log): Promise<EngineRecord | undefined> {
    const found = await newest(log, (key) => key === ENGINE_KEY)
    return read(found.get(ENGINE_KEY), isEngine)
  },

  async remember(log: Log, record: Remembered): Promise<void> {
    const value = utf8(JSON.stringify(record))
    await log.append(TOPIC, [{ partition: 0, key: utf8(siteKey(record.site)), value }])
  },

  async claimEngine(log: Log, at: number): Promise<void> {
    const record: EngineRecord = { v: 1, engine: 'spark', at }
    const value = utf8(JSON.stringify(record))
    await log.append(TOPIC, [{ partition: 0, key: utf8(ENGINE_KEY), value }])
  },

  /** Lets our own engine have `readings` again; what was published stays known. */
  async letGoOfEngine(log: Log): Promise<void> {
    await log.append(TOPIC, [{ partition: 0, key: utf8(ENGINE_KEY) }])
  },
}

function read<T>(value: Uint8Array | undefined, wanted: Shape<T>): T | undefined {
  if (value === undefined) return undefined
  const decoded = decodeJson(value, wanted)
  return decoded.ok ? decoded.value : undefined
}

/** The last record of each key that is asked for, none where it was taken back. */
async function newest(
  log: Log,
  isAsked: (key: string) => boolean,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const valueByKey = new Map<string, Uint8Array>()
  for await (const batch of readToEnd(log, { topic: TOPIC, partition: 0 })) {
    const { keys, values } = batch
    for (let row = 0; row < batch.count; row++) {
      if (keys.lengths[row]! < 0) continue
      const key = utf8Text(bytesOf(keys, row))
      if (!isAsked(key)) continue
      if (values.lengths[row]! < 0) valueByKey.delete(key)
      else valueByKey.set(key, bytesOf(values, row).slice())
    }
  }
  return valueByKey
}
