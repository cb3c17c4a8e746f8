import type { Config } from '../../config/config.ts'
import { compileSite } from '../../spark/compile-site.ts'
import { watermarksSql } from '../../spark/compile-watermarks.ts'
import { programSettings } from '../../spark/program-settings.ts'
import type { Relation, SparkSession } from '../../spark/spark-session.ts'
import type { SparkSpec } from '../../spark/spark-spec.ts'
import { sessionSettings } from '../../spark/watch/query-plan.ts'
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
  await session.configure({ ...sessionSettings(spec), ...programSettings })
  const write = (input: Relation): Promise<void> =>
    session.write({
      input,
      format: 'kafka',
      options: { ...spec.kafkaOptions, topic, 'kafka.acks': 'all' },
      mode: 'append',
    })
  for (const site of spec.sites) {
    const program = compileSite({ spec, site, ownSite, monitors, skewMs, partitions })
    const views = program.views(sourceOf(spec, span))
    for (const { name, relation } of views) await session.view(name, relation)
    await write(program.statement)
    await write({ kind: 'sql', query: watermarksSql({ site, partitions }) })
  }
}

/** The rows of a span, by offsets: both engines read the same ones. */
function sourceOf(spec: SparkSpec, { partitions }: ReadingsSpan): Relation {
  const offsets = (of: 'from' | 'to'): string => {
    const readings = Object.fromEntries(partitions.map((range, i) => [String(i), range[of]]))
    return JSON.stringify({ readings })
  }
  return {
    kind: 'read',
    format: 'kafka',
    isStreaming: false,
    options: {
      'kafka.isolation.level': 'read_committed',
      ...spec.kafkaOptions,
      subscribe: 'readings',
      startingOffsets: offsets('from'),
      endingOffsets: offsets('to'),
      failOnDataLoss: 'true',
      groupIdPrefix: 'nocturne-spark',
    },
  }
}
