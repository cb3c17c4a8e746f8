import type { ErrorCode } from '../../model/error-catalogue.ts'
import type { Cluster } from './cluster.ts'
import type { Doubt } from './topic-admin.ts'

/** One thing about the cluster that people have to know. */
export type KafkaCheck = {
  readonly name: string
  /** Whether work goes on all the same. */
  readonly isOk: boolean
  readonly code?: ErrorCode
  readonly detail?: string
}

const SHOWN_MAX = 5

/** What stands in the way, or may soon, by what was seen last; nothing is asked. */
export function checksOf(cluster: Cluster, doubts: readonly Doubt[]): readonly KafkaCheck[] {
  const { trouble, options } = cluster
  const checks: KafkaCheck[] = []
  const code = trouble?.code
  if (trouble === undefined) checks.push({ name: 'kafka', isOk: true })
  else checks.push({ name: 'kafka', isOk: false, detail: trouble.detail, ...(code && { code }) })
  for (const { topic, error } of cluster.lostTopics()) {
    const { code: why, detail } = error
    checks.push({ name: `kafka topic ${topic}`, isOk: false, code: why, detail })
  }
  const copies = [...cluster.copies()]
  const isShort = copies.filter(({ inSync, all }) => inSync === 1 && all > 1)
  if (isShort.length > 0) {
    const isOk = options.promise === 'available'
    const detail = `one copy of ${listOf(isShort)}`
    checks.push({ name: 'kafka copies', isOk, code: 'LOG_ONE_COPY', detail })
  }
  const dark = copies.filter(({ inSync }) => inSync === 0)
  if (dark.length > 0) {
    const detail = `nobody leads ${listOf(dark)}`
    checks.push({ name: 'kafka leaders', isOk: false, code: 'LOG_UNAVAILABLE', detail })
  }
  for (const { topic, setting, is, should } of doubts.slice(0, SHOWN_MAX)) {
    const detail = `${setting} is ${is}, and ${should} was promised`
    checks.push({ name: `kafka topic ${topic}`, isOk: true, code: 'LOG_PROMISE_DIFFERS', detail })
  }
  return checks
}

/** How many partitions have how many of their copies up to date. */
export type KafkaCopies = Readonly<Record<'none' | 'one' | 'some' | 'all', number>>

/** A partition that is meant to have one copy has all of them. */
export function copiesOf(cluster: Cluster): KafkaCopies {
  const counts = { none: 0, one: 0, some: 0, all: 0 }
  for (const { inSync, all } of cluster.copies()) {
    const isWhole = inSync >= all && inSync > 0
    counts[isWhole ? 'all' : inSync === 0 ? 'none' : inSync === 1 ? 'one' : 'some']++
  }
  return counts
}

function listOf(copies: readonly { readonly at: string }[]): string {
  const shown = copies.slice(0, SHOWN_MAX).map(({ at }) => at)
  const more = copies.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}
