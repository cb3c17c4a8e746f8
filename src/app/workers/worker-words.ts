import type { LogGap } from '../../log/log.ts'
import type { ErrorCode } from '../../model/error-catalogue.ts'
import type { HotProgress, HotSpecs } from '../hot-readers.ts'
import type { ProgressChange } from './progress-report.ts'
import type { WorkerPlace } from './worker-place.ts'

/** Whose progress a worker tells of. */
export const hotProgressNames = ['aggregate', 'evaluate', 'rollUp', 'rollUpHours'] as const

/** What a worker is started with: plain data, and the port of a ticket is transferred. */
export type WorkerPlan = { readonly place: WorkerPlace; readonly specs: HotSpecs }

/** What a worker says. It says something at least every second, or it hangs. */
export type WorkerWord =
  | { readonly word: 'ready' }
  | {
      readonly word: 'progress'
      readonly changes: Readonly<Record<keyof HotProgress, ProgressChange>>
    }
  | {
      readonly word: 'said'
      readonly level: 'info' | 'warn' | 'error'
      readonly facts: object
      readonly sentence: string
    }
  | { readonly word: 'failed'; readonly reader: string; readonly reason: string }
  | { readonly word: 'missed'; readonly reader: string; readonly gap: LogGap }
  | { readonly word: 'troubled'; readonly reader: string; readonly code?: ErrorCode }

/** What a worker is told. */
export type WorkerOrder =
  /** Ask for partitions. */
  | { readonly order: 'begin' }
  /** Work by these from now on. */
  | { readonly order: 'replace'; readonly specs: HotSpecs }
  /** Finish the turns in hand, commit and end. */
  | { readonly order: 'stop' }
