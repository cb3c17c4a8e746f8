import type { Prng } from '../../../src/std/prng.ts'
import type { DeathPoint } from '../core/effect-gate.ts'
import { between, chance, oneOf } from '../core/seed.ts'
import type { DiskOp } from '../disk/disk-troubles.ts'
import type { Scenario } from './scenario.ts'
import type { ReceiverMood } from './sim-endpoint.ts'

/** How a process ends: with what the system holds in memory kept, or with the power gone. */
export type EndKind = 'kill' | 'power'

/**
 * Something that goes wrong. Faults are data (R27): a list of them is printed when a world fails,
 * and can be made shorter as long as it still does. All times in ms.
 */
export type Fault = { readonly at: number } & (
  | { readonly kind: EndKind | 'stop'; readonly downMs: number }
  /** The process dies at its so-manieth effect from now on. */
  | {
      readonly kind: 'die'
      readonly end: EndKind
      readonly effects: number
      readonly when: DeathPoint
      readonly downMs: number
    }
  | { readonly kind: 'pause'; readonly forMs: number }
  | { readonly kind: 'clock'; readonly stepMs: number }
  | { readonly kind: 'eio'; readonly ops: readonly DiskOp[]; readonly count: number }
  | { readonly kind: 'lost-sync' }
  | { readonly kind: 'short-write' }
  | { readonly kind: 'slow'; readonly forMs: number; readonly callMs: number }
  | { readonly kind: 'full'; readonly forMs: number; readonly leftBytes: number }
  | { readonly kind: 'store'; readonly forMs: number }
  | {
      readonly kind: 'receiver'
      readonly receiver: number
      readonly mood: ReceiverMood
      readonly forMs: number
    }
  | { readonly kind: 'cut'; readonly sender: number; readonly forMs: number }
  | { readonly kind: 'rebalance'; readonly forMs: number }
  | { readonly kind: 'reload'; readonly scale: number }
)

type Draw = (
  random: Prng,
) => Fault extends infer F ? (F extends Fault ? Omit<F, 'at'> : never) : never

const end = (random: Prng): EndKind => oneOf(random, ['kill', 'power'] as const)
const downMs = (random: Prng): number => between(random, 0, 4_000)

/** One of each kind, as likely as it stands here. */
const DRAWS: readonly Draw[] = [
  (random) => ({ kind: 'kill', downMs: downMs(random) }),
  (random) => ({ kind: 'power', downMs: downMs(random) }),
  (random) => ({ kind: 'stop', downMs: downMs(random) }),
  ...Array.from({ length: 4 }, (): Draw => die),
  (random) => ({ kind: 'pause', forMs: between(random, 100, 8_000) }),
  (random) => ({ kind: 'clock', stepMs: between(random, -6_000, 4_000) }),
  (random) => ({ kind: 'eio', ops: ['datasync'], count: between(random, 1, 3) }),
  (random) => ({ kind: 'eio', ops: [oneOf(random, FAILING_OPS)], count: between(random, 1, 4) }),
  (random) => ({ kind: 'eio', ops: ['read', 'write'], count: between(random, 1, 4) }),
  (random) => ({ kind: 'eio', ops: MAINTAINING_OPS, count: between(random, 1, 4) }),
  () => ({ kind: 'lost-sync' }),
  () => ({ kind: 'short-write' }),
  (random) => ({
    kind: 'slow',
    forMs: between(random, 500, 5_000),
    callMs: between(random, 20, 1_500),
  }),
  (random) => ({
    kind: 'full',
    forMs: between(random, 500, 8_000),
    leftBytes: random.below(100_000),
  }),
  (random) => ({ kind: 'store', forMs: between(random, 1_000, 10_000) }),
  (random) => ({
    kind: 'receiver',
    receiver: random.below(4),
    mood: oneOf(random, ['fails', 'hangs', 'cuts'] as const),
    forMs: between(random, 1_000, 15_000),
  }),
  (random) => ({ kind: 'cut', sender: random.below(3), forMs: between(random, 500, 8_000) }),
  // Long enough to be silent, and to come back behind every correction.
  (random) => ({ kind: 'cut', sender: random.below(3), forMs: between(random, 8_000, 28_000) }),
  (random) => ({ kind: 'rebalance', forMs: between(random, 500, 6_000) }),
]

/** What retention and compaction ask of a disk, beside what all do. */
const MAINTAINING_OPS = ['rename', 'unlink', 'create'] as const satisfies readonly DiskOp[]

const FAILING_OPS = [
  'open',
  'create',
  'read',
  'write',
  'truncate',
  'list',
  'rename',
  'unlink',
  'syncFolder',
  'space',
  'close',
] as const satisfies readonly DiskOp[]

function die(random: Prng) {
  return {
    kind: 'die',
    end: end(random),
    effects: random.below(150),
    when: oneOf(random, ['before', 'torn', 'after'] as const),
    downMs: downMs(random),
  } as const
}

/** The faults of a seed, in order of time. */
export function faultsOf(
  seed: bigint,
  { knownMs, troubledMs, config }: Pick<Scenario, 'knownMs' | 'troubledMs' | 'config'>,
): readonly Fault[] {
  const isSynced = config.log.durability === 'ack'
  const random = chance(seed, 'faults')
  const count = between(random, 1, 10)
  const faults = Array.from({ length: count }, (): Fault => {
    const at = between(random, knownMs, troubledMs)
    const fault = { at, ...oneOf(random, DRAWS)(random) }
    return isSynced ? fault : survivable(fault)
  })
  return [...faults, ...reloadsOf(seed, { knownMs, troubledMs })].toSorted((a, b) => a.at - b.at)
}

/** Other thresholds, now and then; no fault, but it has to be survived beside them. */
function reloadsOf(
  seed: bigint,
  { knownMs, troubledMs }: Pick<Scenario, 'knownMs' | 'troubledMs'>,
): readonly Fault[] {
  const random = chance(seed, 'reloads')
  return Array.from({ length: between(random, 0, 3) }, () => ({
    at: between(random, knownMs, troubledMs),
    kind: 'reload',
    scale: oneOf(random, [0.25, 0.5, 1, 2, 4]),
  }))
}

/** Where readers see what is not yet synced, a power cut may take from them what they saw. */
function survivable(fault: Fault): Fault {
  switch (fault.kind) {
    case 'power':
      return { ...fault, kind: 'kill' }
    case 'die':
      return { ...fault, end: 'kill' }
    case 'lost-sync':
      return { ...fault, kind: 'short-write' }
    default:
      return fault
  }
}
