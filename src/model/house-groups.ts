import { topics, type TopicName } from './topics.ts'

/** Groups of the house that are always the same, and the topic that each holds positions in. */
export const houseGroups = {
  aggregate: 'readings',
  evaluate: 'panes',
  rollup: 'panes',
  'rollup-hours': 'rollups',
  'record-windows': 'windows',
  'record-rollups': 'rollups',
  'record-steps': 'transitions',
  plan: 'notices',
} as const satisfies Readonly<Record<string, TopicName>>

export type HouseGroup = keyof typeof houseGroups

export const isHouseGroup = (group: string): group is HouseGroup =>
  Object.hasOwn(houseGroups, group)

/**
 * Where positions of a group may lie. A receiver's lie in `notices`, an Alertmanager's in
 * `transitions`; those of groups that are not of the house, in any topic.
 */
export function topicsOf(group: string): readonly TopicName[] {
  if (isHouseGroup(group)) return [houseGroups[group]]
  if (group.startsWith('send/')) return ['notices', 'transitions']
  return Object.keys(topics) as TopicName[]
}
