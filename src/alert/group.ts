import { fnv1a64 } from '../std/hash.ts'
import { byText } from '../std/by-text.ts'

type Labels = Readonly<Record<string, string>>

/** From the whole to its parts (A79); a notice is about what lies above the lowest one present. */
const TOPOLOGY = ['cdn', 'site', 'pop', 'stream', 'rendition'] as const

/**
 * The labels that make an alert's group. `groupBy` undefined is the default of A63: `alertname` and
 * all topology labels but the lowest present, so 2,000 streams of a site are one notice; the single
 * entry `...` takes every label. A label that the alert lacks is left out. Sorted by name.
 */
export function groupLabels(groupBy: readonly string[] | undefined, labels: Labels): Labels {
  const names = groupBy ?? defaultGroupBy(labels)
  const wanted = names.length === 1 && names[0] === '...' ? Object.keys(labels) : names
  const entries = wanted
    .filter((name) => Object.hasOwn(labels, name))
    .map((name) => [name, labels[name] ?? ''] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => byText(a, b)))
}

function defaultGroupBy(labels: Labels): readonly string[] {
  const present = TOPOLOGY.filter((name) => Object.hasOwn(labels, name))
  return ['alertname', ...present.slice(0, -1)]
}

/** 0xff occurs in no UTF-8 text, so no two groups give the same bytes. */
const SEPARATOR = Uint8Array.of(0xff)

/**
 * The name of a receiver's group: `g` + FNV-1a-64 of receiver and group labels, each text followed
 * by a byte ff (A61). With `-` and the ms when the group opened it is the notice's key.
 */
export function groupHash(receiver: string, group: Labels): string {
  const sorted = Object.entries(group).sort(([a], [b]) => byText(a, b))
  const texts = [receiver, ...sorted.flat()]
  return `g${fnv1a64(texts.flatMap((text) => [text, SEPARATOR]))}`
}
