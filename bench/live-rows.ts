import { prng } from '../src/std/prng.ts'
import { NaivePanes, type NaivePane, type OttRow } from './naive-panes.ts'
import { WORKLOAD_START_AT, workloadLines } from './workload.ts'

/** Rows that are posted as time passes, one post every so often; some of them breach. */
export type LivePlan = {
  readonly seconds: number
  readonly rowsPerSecond: number
  readonly everyMs: number
  readonly seed: number
  readonly streamCount: number
  /** So many streams breach, once each, after so many seconds. */
  readonly breaches: { readonly count: number; readonly fromSeconds: number }
}

/** Retransmits of one row that breaches; the sum of ten seconds of others is far below. */
export const BREACH_RETRANS = 10_000

type Row = OttRow & { readonly line: string }

/**
 * The rows of `workload.ts` with instants of now, cut into posts that each have their instant, and
 * rows that breach at instants that are drawn from the seed: the row lies in the post of its time.
 */
export class LiveRows {
  readonly posts: readonly (readonly Row[])[]
  /** By stream: how long after the start its breach is due, ms. */
  readonly breachMsByStream: ReadonlyMap<string, number>
  readonly #everyMs: number

  constructor(plan: LivePlan) {
    const { seconds, rowsPerSecond, everyMs, breaches } = plan
    this.#everyMs = everyMs
    const posts = Array.from({ length: (seconds * 1000) / everyMs }, (): Row[] => [])
    const perPost = (rowsPerSecond * everyMs) / 1000
    let row = 0
    for (const line of workloadLines(plan)) {
      const { ts, stream, retrans, rtt_ms } = JSON.parse(line) as OttRow
      posts[Math.floor(row++ / perPost)]!.push({ ts, stream, retrans, rtt_ms, line })
    }
    const random = prng(plan.seed + 1)
    const fromPost = (breaches.fromSeconds * 1000) / everyMs
    const postsApart = (posts.length - fromPost) / breaches.count
    const breachMsByStream = new Map<string, number>()
    for (let i = 0; i < breaches.count; i++) {
      const post = Math.floor(fromPost + (i + random.next()) * postsApart)
      const stream = `ch${String((i * 7) % plan.streamCount).padStart(4, '0')}`
      breachMsByStream.set(stream, post * everyMs)
      posts[post]!.push(breachOf(stream, post * everyMs))
    }
    this.posts = posts
    this.breachMsByStream = breachMsByStream
  }

  /** The body of a post whose first row is due so long after the start. */
  body(post: number, startAt: number): string {
    const lineOf = ({ ts, line }: Row): string =>
      `{"ts":${ts - WORKLOAD_START_AT + startAt}${line.slice(PREFIX_LENGTH)}`
    return this.posts[post]!.map(lineOf).join('')
  }

  /** The same with a number in each row, so that a post can be sent twice and counts once. */
  numberedBody(post: number, startAt: number): string {
    const lines = this.body(post, startAt).split('\n').slice(0, -1)
    const first = post * lines.length
    return lines
      .map((line, i) => `${line.slice(0, -1)},"collector":"live@1","n":${first + i}}\n`)
      .join('')
  }

  get lengthMs(): number {
    return this.posts.length * this.#everyMs
  }

  dueAt(post: number, startAt: number): number {
    return startAt + post * this.#everyMs
  }

  /** What windows of ten seconds every second must be, by `stream|end`; the start is whole. */
  windows(startAt: number): ReadonlyMap<string, NaivePane> {
    const all = new Map<string, NaivePane>()
    for (const { stream, end, count, retrans, rttMax } of this.#panes(startAt).windows()) {
      all.set(`${stream}|${end}`, { count, retrans, rttMax })
    }
    return all
  }

  /** The same of windows of one second. */
  seconds(startAt: number): ReadonlyMap<string, NaivePane> {
    const all = new Map<string, NaivePane>()
    for (const [stream, panes] of this.#panes(startAt).byStream) {
      for (const [start, pane] of panes) all.set(`${stream}|${start + 1000}`, pane)
    }
    return all
  }

  #panes(startAt: number): NaivePanes {
    const panes = new NaivePanes()
    const shift = startAt - WORKLOAD_START_AT
    for (const post of this.posts) {
      for (const row of post) panes.add({ ...row, ts: row.ts + shift })
    }
    return panes
  }
}

const PREFIX_LENGTH = `{"ts":${WORKLOAD_START_AT}`.length

function breachOf(stream: string, dueMs: number): Row {
  const row = { ts: WORKLOAD_START_AT + dueMs, stream, retrans: BREACH_RETRANS, rtt_ms: 1 }
  return { ...row, line: `${JSON.stringify({ ...row, site: 's1', session: 'x', seq: 0 })}\n` }
}
