import type { Step, Told } from '../../model/step.ts'
import type { AlertView, StepNews, ToldView } from '../contract.ts'
import { stepNews } from './step-news.ts'
import { alertSubject, type Subject } from './subject.ts'

/** What a batch of steps changed: rows of the `steps` frame. */
export type AlertChanges = {
  readonly steps: readonly StepNews[]
  readonly alerts: readonly AlertView[]
  readonly closed: readonly string[]
}

export type AlertBookOptions = {
  readonly groupBy: (monitor: string) => readonly string[] | undefined
  /** Names of the values that a rule judges: shown first. */
  readonly judged: (monitor: string, alert: string) => readonly string[]
  readonly isSimulated: (scope: string) => boolean
  /** Open episodes held; more are counted in `refused` and not shown. */
  readonly openMax: number
  /** Fingerprints whose last seq is remembered, so that a replayed step is known as one (A9). */
  readonly seenMax: number
}

/** Receivers shown of one alert, and steps kept for a viewer who comes later. */
const TOLD_MAX = 16
const RECENT_MAX = 100

const CLOSING: ReadonlySet<string> = new Set(['dropped', 'resolved'])

const isTold = (record: Step | Told): record is Told => record.kind === 'notice'

const causeOf = (step: Step, before: AlertView | undefined): AlertView['cause'] => {
  if (step.reason === 'threshold' || step.reason === 'absent') return step.reason
  return before?.cause ?? 'other'
}

const conditionOf = (step: Step, before: AlertView | undefined): AlertView['condition'] => {
  if (step.kind !== 'condition' || step.to === 'inactive') return before?.condition ?? 'firing'
  return step.to as AlertView['condition']
}

const ackOf = (step: Step, before: AlertView | undefined): AlertView['ack'] => {
  if (step.step === 'unacked') return null
  if (step.step !== 'acked') return before?.ack ?? null
  const { at, by = '', until = null, comment = '' } = step
  return { by, at, until, comment }
}

/**
 * The open episodes with who has them, folded from `transitions` in the log's order. A step whose
 * seq is not above the last of its fingerprint is a repeat and changes nothing (A9, A13).
 */
export class AlertBook {
  readonly #options: AlertBookOptions
  readonly #open = new Map<string, AlertView>()
  readonly #seqByFingerprint = new Map<string, number>()
  readonly #quiet = new Map<string, { readonly subject: Subject; readonly data: Step['to'] }>()
  #recent: StepNews[] = []
  /** Episodes that did not fit. */
  refused = 0

  constructor(options: AlertBookOptions) {
    this.#options = options
  }

  /** Keyed by fingerprint: an instance has one open episode at most. */
  get open(): ReadonlyMap<string, AlertView> {
    return this.#open
  }

  /** Instances without an open episode whose data is not fresh. */
  get quiet(): ReadonlyMap<string, { readonly subject: Subject; readonly data: Step['to'] }> {
    return this.#quiet
  }

  /** Newest last. */
  get recent(): readonly StepNews[] {
    return this.#recent
  }

  isOpen(episode: string): boolean {
    return this.#open.get(episode.slice(0, episode.indexOf('-')))?.episode === episode
  }

  /** Folds one batch in its order. */
  fold(records: readonly (Step | Told)[]): AlertChanges {
    const steps: StepNews[] = []
    const changed = new Map<string, AlertView>()
    const closed: string[] = []
    for (const record of records) {
      if (isTold(record)) {
        const told = this.#foldTold(record)
        if (told !== undefined) changed.set(told.fingerprint, told)
        continue
      }
      if (!this.#isNew(record)) continue
      const subject = alertSubject(this.#options.groupBy(record.monitor), record.labels)
      const before = this.#open.get(record.fingerprint)
      const news = stepNews(record, subject)
      steps.push(news)
      this.#recent = [...this.#recent, news].slice(-RECENT_MAX)
      const after = this.#foldStep(record, subject)
      if (after !== undefined) changed.set(after.fingerprint, after)
      else if (before !== undefined) closed.push(before.episode)
    }
    for (const fingerprint of changed.keys()) {
      if (!this.#open.has(fingerprint)) changed.delete(fingerprint)
    }
    return { steps, alerts: [...changed.values()], closed }
  }

  #isNew({ fingerprint, seq }: Step): boolean {
    if (seq <= (this.#seqByFingerprint.get(fingerprint) ?? 0)) return false
    this.#seqByFingerprint.delete(fingerprint)
    this.#seqByFingerprint.set(fingerprint, seq)
    if (this.#seqByFingerprint.size > this.#options.seenMax) {
      // A map remembers the order of insertion: its first key is the one longest untouched.
      const oldest = this.#seqByFingerprint.keys().next()
      if (oldest.done !== true) this.#seqByFingerprint.delete(oldest.value)
    }
    return true
  }

  #foldStep(step: Step, subject: Subject): AlertView | undefined {
    const before = this.#open.get(step.fingerprint)
    if (step.kind === 'data') this.#foldData(step, subject)
    if (CLOSING.has(step.step)) {
      this.#open.delete(step.fingerprint)
      return undefined
    }
    if (before === undefined && step.kind !== 'condition') return undefined
    if (before === undefined && this.#open.size >= this.#options.openMax) {
      this.refused += 1
      return undefined
    }
    const after = this.#view(step, subject)
    this.#open.set(step.fingerprint, after)
    return after
  }

  #foldData({ fingerprint, to }: Step, subject: Subject): void {
    if (to === 'fresh') this.#quiet.delete(fingerprint)
    else if (this.#quiet.size < this.#options.openMax)
      this.#quiet.set(fingerprint, { subject, data: to })
    else this.refused += 1
  }

  #view(step: Step, subject: Subject): AlertView {
    const before = this.#open.get(step.fingerprint)
    const { episode, fingerprint, seq, alert, monitor, level, labels, at } = step
    // What people did says nothing new about the trouble: its words and figures stay.
    const isHandling = step.kind === 'handling' && before !== undefined
    const annotations = isHandling ? before.annotations : step.annotations
    return {
      episode,
      fingerprint,
      seq,
      alert,
      monitor,
      level,
      labels,
      annotations,
      ...subject,
      title: annotations['summary'] ?? alert,
      condition: conditionOf(step, before),
      cause: causeOf(step, before),
      data: step.kind === 'data' ? (step.to as AlertView['data']) : (before?.data ?? 'fresh'),
      value: isHandling ? before.value : this.#judgedFirst(step),
      active_at: step.active_at ?? before?.active_at ?? at,
      fired_at: step.fired_at ?? before?.fired_at ?? null,
      changed_at: at,
      complete: step.complete,
      corrected: step.corrected,
      ack: ackOf(step, before),
      told: before?.told ?? [],
      simulated: this.#options.isSimulated(subject.scope),
    }
  }

  #judgedFirst({ monitor, alert, value }: Step): Step['value'] {
    const judged = this.#options.judged(monitor, alert)
    const rank = (name: string): number => (judged.includes(name) ? 0 : 1)
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => rank(a) - rank(b)))
  }

  #foldTold(told: Told): AlertView | undefined {
    const before = this.#open.get(told.fingerprint)
    if (before === undefined || !told.of.startsWith(before.episode)) return undefined
    const { receiver, outcome, sent } = told
    const others = before.told.filter((other: ToldView) => other.receiver !== receiver)
    const after = { ...before, told: [...others, { receiver, outcome, at: sent }].slice(-TOLD_MAX) }
    this.#open.set(told.fingerprint, after)
    return after
  }
}
