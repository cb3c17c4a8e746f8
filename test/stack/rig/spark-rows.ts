import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Relation, SparkSession } from '../../../src/spark/spark-session.ts'

/**
 * The rows of a batch relation as Spark's JSON has them: a column that is NULL is left out. They
 * go through a folder, so the server has to run on this machine; for small results.
 */
export async function sparkRows(
  session: SparkSession,
  relation: Relation | string,
): Promise<unknown[]> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-rows-'))
  const path = join(folder, 'rows')
  const input: Relation = typeof relation === 'string' ? { kind: 'sql', query: relation } : relation
  try {
    await session.write({ input, format: 'json', options: {}, path, mode: 'overwrite' })
    const names = (await readdir(path)).filter((name) => name.endsWith('.json')).toSorted()
    const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')))
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '')
    return lines.map((line): unknown => JSON.parse(line))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
