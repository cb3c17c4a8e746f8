import type { Config } from '../../config/config.ts'
import type { Role } from '../roles.ts'
import type { SparkParts, SparkPartsDeps } from './spark-parts.ts'

/** Makes this process's part of Spark; what it needs is loaded where it is asked for alone. */
export type MakeSparkParts = (deps: SparkPartsDeps) => SparkParts

/** Undefined where our own engine makes panes, or nobody does here. */
export async function openSpark(
  config: Config,
  roles: ReadonlySet<Role>,
): Promise<MakeSparkParts | undefined> {
  const { engine, spark } = config.aggregate
  if (engine !== 'spark' || spark === undefined || !roles.has('aggregate')) return undefined
  const { SparkParts } = await import('./spark-parts.ts')
  return (deps) => new SparkParts(deps, config, spark)
}
