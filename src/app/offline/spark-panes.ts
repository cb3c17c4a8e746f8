import type { Config } from '../../config/config.ts'
import { compileSite } from '../../spark/compile-site.ts'
import { watermarksSql } from '../../spark/compile-watermarks.ts'
import type { Relation, SparkSession } from '../../spark/spark-session.ts'
import type { SparkSpec } from '../../spark/spark-spec.ts'
import { readingsOf, sessionSettings } from '../../spark/watch/query-plan.ts'
import type { ReadingsSpan } from './readings-span.ts'

export type SparkPanesDeps = {
  readonly session: SparkSession
  readonly spec: SparkSpec
  readonly config: Pick<Config, 'site' | 'monitors' | 'skewMs'>
  readonly span: ReadingsSpan
  /** Of the brokers: where panes go. */
  readonly topic: string
}

/**
 * The panes of a span by a Spark cluster, with the text of the streaming query, as one batch a
 * site; behind them, by a batch of its own, how far each source came. Nothing is late in a batch.
 * @throws SPARK_*.
 */
export async function sparkPanes(deps: SparkPanesDeps): Promise<void> {
  const { session, spec, config, span, topic } = deps
  const { site: ownSite, monitors, skewMs } = config
  const partitions = span.partitions.length
  await session.configure(sessionSettings(spec))
  const write = (input: Relation): Promise<void> =>
    session.write({
      input,
      format: 'kafka',
      options: { ...spec.kafkaOptions, topic, 'kafka.acks': 'all' },
      mode: 'append',
    })
  // By offsets: both engines read the same rows.
  const from = span.partitions.map((range) => range.from)
  const to = span.partitions.map((range) => range.to)
  const source = readingsOf(spec, { from, to })
  for (const site of spec.sites) {
    const program = compileSite({ spec, site, ownSite, monitors, skewMs, partitions })
    const views = program.views(source)
    for (const { name, relation } of views) await session.view(name, relation)
    await write(program.statement)
    await write({ kind: 'sql', query: watermarksSql({ site, partitions }) })
  }
}
