import { appendedAt, type Log, type LogGroups, type Position } from '../../log/log.ts'
import { houseGroups, isHouseGroup, topicsOf } from '../../model/house-groups.ts'
import type { TopicName } from '../../model/topics.ts'
import { byText } from '../../std/by-text.ts'
import type { GapView, LagLine, LagView } from '../contract.ts'
import type { MetGap } from '../serve-context.ts'

type LagDeps = {
  readonly log: Log & LogGroups
  readonly now: number
  /** How far a reader of this process has come, beyond what is committed. */
  readonly readTo: (group: string, partition: number) => number | undefined
  /** This group alone. */
  readonly group?: string
}

/** What every group still has to read, and what readers never got. */
export async function lagView(deps: LagDeps, gaps: readonly MetGap[]): Promise<LagView> {
  const lines = await lagLines(deps)
  const ages = lines.map(({ ms }) => ms)
  const total = {
    rows: lines.reduce((sum, { rows }) => sum + rows, 0),
    ms: ages.includes(null) ? null : Math.max(0, ...ages.map((ms) => ms ?? 0)),
  }
  return { now: deps.now, lines, total, gaps: gaps.map(gapView) }
}

function gapView({ reader, gap }: MetGap): GapView {
  const { topic, partition, reason, from, to, fromMs, toMs } = gap
  const times = { from_at: fromMs ?? null, to_at: toMs ?? null }
  return { reader, topic, partition, reason, from, to, ...times }
}

/** Where every group stands in each partition of its topics, in order of the way that rows go. */
async function lagLines(deps: LagDeps): Promise<readonly LagLine[]> {
  const { log, group: wanted } = deps
  const house = Object.keys(houseGroups)
  const others = (await log.groups()).filter((group) => !isHouseGroup(group)).sort(byText)
  const lines: LagLine[] = []
  for (const group of [...house, ...others]) {
    if (wanted !== undefined && wanted !== group) continue
    for (const topic of topicsOf(group)) {
      const positions = await log.positions(group, topic)
      // Any topic may be one of a group that is not of the house: only where it stands is shown.
      if (!isHouseGroup(group) && positions.every((position) => position === undefined)) continue
      lines.push(...(await topicLines(deps, { group, topic, positions })))
    }
  }
  return lines
}

type GroupTopic = {
  readonly group: string
  readonly topic: TopicName
  readonly positions: readonly (Position | undefined)[]
}

async function topicLines(
  { log, now, readTo }: LagDeps,
  { group, topic, positions }: GroupTopic,
): Promise<readonly LagLine[]> {
  const lines: LagLine[] = []
  for (const [partition, { start, end }] of (await log.ends(topic)).entries()) {
    const position = positions[partition]?.offset
    const read = readTo(group, partition)
    const next = Math.max(read ?? position ?? start, start)
    const oldest = next < end ? await appendedAt(log, { topic, partition, from: next }) : undefined
    lines.push({
      group,
      topic,
      partition,
      position: position ?? null,
      read: read ?? null,
      start,
      end,
      rows: Math.max(0, end - next),
      ms: next >= end ? 0 : oldest === undefined ? null : Math.max(0, now - oldest),
      gone: Math.max(0, start - (read ?? position ?? start)),
    })
  }
  return lines
}
