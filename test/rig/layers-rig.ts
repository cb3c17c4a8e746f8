import { PartitionFold } from '../../src/aggregate/partition-fold.ts'
import { PartitionEvaluator } from '../../src/evaluate/partition-evaluator.ts'
import { RecordReader } from '../../src/evaluate/panes/record-reader.ts'
import type { Results } from '../../src/evaluate/results.ts'
import { admitPanes, admitSteps } from '../../src/forward/admit-sites.ts'
import { ForwardLink } from '../../src/forward/forward-link.ts'
import { ForwardPace } from '../../src/forward/forward-pace.ts'
import { newForwardProgress } from '../../src/forward/forward-progress.ts'
import { forwardPanes, forwardSteps } from '../../src/forward/forward-site.ts'
import { runToEnd } from '../../src/forward/forward-rig.suite.ts'
import { readToEnd, type Claim, type Log } from '../../src/log/log.ts'
import { openMemoryLog } from '../../src/log/memory/memory-log.ts'
import { topicSpec } from '../../src/log/suite/log-rig.suite.ts'
import type { MonitorSpec } from '../../src/model/monitor.ts'
import type { Step } from '../../src/model/step.ts'
import { siteTopic } from '../../src/model/topics.ts'
import type { WindowResult } from '../../src/model/window-result.ts'
import { partitionOf } from '../../src/std/hash.ts'
import { utf8 } from '../../src/std/bytes.ts'
import { SimulatedClock } from '../../src/std/simulated-clock.ts'
import { encodeTransition, transitionKey } from '../../src/wire/step-codec.ts'
import { rowColumns } from './row-columns.ts'
import type { Row } from './pipeline.ts'

const ABSENT_MS = 30_000

type Judge = {
  readonly evaluators: readonly PartitionEvaluator[]
  readonly next: number[]
  readonly windows: Map<string, WindowResult>
  readonly steps: Step[]
}

function judgeOf(monitors: readonly MonitorSpec[], given: object, partitions: number): Judge {
  const spec = { monitors, panesPartitions: partitions, absentMs: ABSENT_MS, live: false, ...given }
  return {
    evaluators: Array.from({ length: partitions }, (_, i) => new PartitionEvaluator(spec, i)),
    next: Array.from({ length: partitions }, () => 0),
    windows: new Map(),
    steps: [],
  }
}

/** Judges what lies in `panes` beyond what was judged, with the owner's clock behind it (A7). */
async function judge(log: Log, at: Judge, wall: number): Promise<readonly Step[]> {
  const before = at.steps.length
  for (const [partition, evaluator] of at.evaluators.entries()) {
    const results: Results = { windows: [], steps: [], wall }
    const reader = new RecordReader(evaluator.aggregatesOf)
    for await (const batch of readToEnd(log, {
      topic: 'panes',
      partition,
      from: at.next[partition]!,
    })) {
      for (let row = 0; row < batch.count; row++) {
        const facts = { offset: batch.offsets[row]!, appendedAt: batch.times[row]! }
        const record = reader.read(bytesAt(batch.keys, row), bytesAt(batch.values, row))
        if (record.kind === 'pane') evaluator.pane({ ...record, ...facts }, results)
        else if (record.kind === 'watermark') evaluator.watermark(record.watermark, results)
      }
      at.next[partition] = batch.next
    }
    const clock = { v: 1, site: 'clock', partition, epoch: 1, commands_to: 0, at: wall } as const
    evaluator.clock(clock, [], results)
    for (const { window } of results.windows) {
      const held = at.windows.get(window.id)
      if (held === undefined || window.rev > held.rev) at.windows.set(window.id, window)
    }
    at.steps.push(...results.steps)
  }
  return at.steps.slice(before)
}

const bytesAt = (
  { bytes, starts, lengths }: { bytes: Uint8Array; starts: Int32Array; lengths: Int32Array },
  row: number,
) => ({
  bytes,
  start: starts[row]!,
  length: Math.max(0, lengths[row]!),
})

/** One site with a log of its own: rows become panes and steps there. */
export class LayeredSite {
  readonly name: string
  readonly log: Log
  readonly clock: SimulatedClock
  readonly #partitions: number
  readonly #folds: PartitionFold[]
  readonly #offsets: number[]
  readonly #judge: Judge

  private constructor(name: string, log: Log, given: SiteGiven) {
    const { clock, monitors, partitions } = given
    this.name = name
    this.log = log
    this.clock = clock
    this.#partitions = partitions
    const spec = { site: name, monitors, partitions, panesPartitions: partitions, skewMs: 5000 }
    this.#folds = Array.from(
      { length: partitions },
      (_, i) => new PartitionFold({ ...spec, early: true }, i),
    )
    this.#offsets = this.#folds.map(() => 0)
    this.#judge = judgeOf(monitors, { judgedElsewhere: ['all'] }, partitions)
  }

  static async open(name: string, given: SiteGiven): Promise<LayeredSite> {
    const log = openMemoryLog({ clock: given.clock })
    for (const topic of ['panes', 'transitions']) {
      await log.createTopic(topicSpec({ topic, partitions: given.partitions }))
    }
    return new LayeredSite(name, log, given)
  }

  /** Rows of one moment, then a heartbeat; what follows of them is in the site's log. */
  async push(rows: readonly Row[], beatAt: number): Promise<void> {
    for (const [partition, fold] of this.#folds.entries()) {
      const mine = rows.filter(
        ({ stream }) => partitionOf(utf8(stream), this.#partitions) === partition,
      )
      const batch = [...mine, { v: 1, ts: beatAt, stream: '-', src: 'beat' }]
      const base = this.#offsets[partition]!
      this.#offsets[partition] = base + batch.length
      fold.fold(rowColumns(batch, { base, appendedAt: this.clock.now() }), this.clock.now())
      const records = fold.emit(this.clock.now())
      if (records.length > 0) await this.log.append('panes', records)
    }
    const steps = await judge(this.log, this.#judge, this.clock.now())
    const told = steps.map((step) => ({ key: transitionKey(step), value: encodeTransition(step) }))
    if (told.length > 0) await this.log.append('transitions', told)
  }
}

type SiteGiven = {
  readonly clock: SimulatedClock
  readonly monitors: readonly MonitorSpec[]
  readonly partitions: number
}

/** The cloud of some sites: it takes what they have and judges it. */
export class LayeredCloud {
  readonly log: Log
  readonly #sites: readonly string[]
  readonly #clock: SimulatedClock
  readonly #judge: Judge
  readonly progress = newForwardProgress()

  private constructor(log: Log, sites: readonly string[], given: SiteGiven) {
    this.log = log
    this.#sites = sites
    this.#clock = given.clock
    const spec = { judgedElsewhere: sites, sitesExpected: sites }
    this.#judge = judgeOf(given.monitors, spec, given.partitions)
  }

  static async open(sites: readonly string[], given: SiteGiven): Promise<LayeredCloud> {
    const { clock, partitions } = given
    const log = openMemoryLog({ clock })
    for (const topic of ['panes', 'transitions']) {
      await log.createTopic(topicSpec({ topic, partitions }))
    }
    for (const site of sites) {
      for (const name of ['panes', 'transitions'] as const) {
        await log.createTopic(topicSpec({ topic: siteTopic(site, name), partitions }))
      }
    }
    await log.createTopic(topicSpec({ topic: 'rejected' }))
    return new LayeredCloud(log, sites, given)
  }

  get windows(): ReadonlyMap<string, WindowResult> {
    return this.#judge.windows
  }

  /** Steps that the cloud decided itself. */
  get steps(): readonly Step[] {
    return this.#judge.steps
  }

  /** What a site has and the cloud has not, steps first, goes there; a link that is up does it. */
  async take(site: LayeredSite, as = 'forward'): Promise<void> {
    const clock = this.#clock
    const deps = {
      ...{ log: site.log, clock, progress: this.progress, site: site.name, target: this.log },
      ...{ pace: new ForwardPace(clock, undefined), link: new ForwardLink(clock, 10_000) },
      absentMs: ABSENT_MS,
      gatherMs: 0,
    }
    const { log } = site
    const steps = (claim: Claim) => forwardSteps(deps, claim)
    await runToEnd({ log, topic: 'transitions', group: `${as}-steps`, read: steps })
    const panes = (claim: Claim) => forwardPanes(deps, claim)
    await runToEnd({ log, topic: 'panes', group: `${as}-panes`, read: panes })
  }

  /** Admits what came and judges it. */
  async judge(): Promise<void> {
    for (const site of this.#sites) {
      const { log } = this
      const deps = { log, clock: this.#clock, progress: this.progress, site }
      const steps = (claim: Claim) => admitSteps(deps, claim)
      const panes = (claim: Claim) => admitPanes(deps, claim)
      const [transitions, topic] = [siteTopic(site, 'transitions'), siteTopic(site, 'panes')]
      await runToEnd({ log, topic: transitions, group: `steps-${site}`, read: steps })
      await runToEnd({ log, topic, group: `panes-${site}`, read: panes })
    }
    await judge(this.log, this.#judge, this.#clock.now())
  }
}
