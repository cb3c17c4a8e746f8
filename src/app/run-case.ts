import type { Config } from '../config/config.ts'
import { nearestName } from '../config/nearest-name.ts'
import { durationText } from '../config/quantity.ts'
import type { Step } from '../model/step.ts'
import type { WindowResult } from '../model/window-result.ts'
import { CasePipeline } from './case-pipeline.ts'
import type {
  CaseAction,
  CaseDifference,
  CaseFailure,
  CaseScript,
  CaseStatement,
} from './case-script.ts'

const NOTHING = 'nothing'
/** P4: what a quantile or a distinct count may be off. */
const APPROXIMATE_SHARE = 0.01
const APPROXIMATE_LEAST = 0.0005

type WindowAction = Extract<CaseAction, { kind: 'window' }>
type PastAction = Extract<CaseAction, { kind: 'past' }>
type TransitionAction = Extract<CaseAction, { kind: 'transition' }>

/**
 * Plays a case and answers every line whose expectation was not met, in order; none is a pass. A
 * case that speaks of transitions at all must name them all.
 */
export function runCase(config: Config, script: CaseScript): readonly CaseFailure[] {
  const run = new CaseRun(config, script)
  for (const statement of script.statements) run.play(statement)
  run.end()
  return run.failures
}

class CaseRun {
  readonly failures: CaseFailure[] = []
  readonly #config: Config
  readonly #script: CaseScript
  readonly #pipeline: CasePipeline
  #told = 0

  constructor(config: Config, script: CaseScript) {
    this.#config = config
    this.#script = script
    this.#pipeline = new CasePipeline({ ...script, config })
  }

  play({ line, text, at, action }: CaseStatement): void {
    this.#pipeline.advance(at)
    const differences = this.#perform(action)
    if (differences.length > 0) this.failures.push({ line, text, differences })
  }

  /** Steps that nobody expected are a failure of the last line. */
  end(): void {
    const { statements } = this.#script
    const speaksOfSteps = statements.some(
      ({ action }) => action.kind === 'transition' || action.kind === 'no-transition',
    )
    const last = statements.at(-1)
    if (!speaksOfSteps || last === undefined) return
    const differences = this.#unexpected()
    if (differences.length > 0) {
      this.failures.push({ line: last.line, text: 'the end of the case', differences })
    }
  }

  #perform(action: CaseAction): readonly CaseDifference[] {
    switch (action.kind) {
      case 'row':
        this.#pipeline.row(action.row)
        return []
      case 'heartbeat':
        this.#pipeline.heartbeat(action)
        return []
      case 'wait':
        return []
      case 'past':
        return this.#past(action)
      case 'window':
        return this.#window(action)
      case 'transition':
        return this.#transition(action)
      case 'no-transition':
        return this.#unexpected()
      case 'counts':
        return Object.entries(action.counts).flatMap(([name, count]) =>
          difference(name, String(count), String(Reflect.get(this.#pipeline.counts, name))),
        )
    }
  }

  #past(action: PastAction): readonly CaseDifference[] {
    if (this.#pipeline.past(action)) return []
    const got = 'no rule asks it, or the group has no rows yet'
    return [{ name: action.term, expected: 'a rule of the group that asks it', got }]
  }

  #window(action: WindowAction): readonly CaseDifference[] {
    const monitor = this.#config.monitors.find(({ id }) => id === action.monitor)
    if (monitor === undefined) {
      const ids = this.#config.monitors.map(({ id }) => id)
      return difference(
        'monitor',
        nearestName(action.monitor, ids) ?? ids.join(' or '),
        action.monitor,
      )
    }
    const name = `window that ends at ${this.#time(action.end)}`
    const fitting = this.#fitting(action)
    if (!action.isThere) {
      return fitting.length === 0 ? [] : [{ name, expected: 'none', got: windowText(fitting[0]!) }]
    }
    const [window, other] = fitting
    if (window === undefined) return [{ name, expected: 'one', got: this.#nearby(action) }]
    if (other !== undefined) {
      const got = `${fitting.length}; name its group or scope`
      return [{ name, expected: 'one', got }]
    }
    return windowDifferences(window, action)
  }

  #fitting({ monitor, end, fields }: WindowAction): readonly WindowResult[] {
    return [...this.#pipeline.windows.values()].filter(
      (window) =>
        window.closed &&
        window.monitor === monitor &&
        window.end === end &&
        Object.entries(fields).every(([name, value]) => fits(window, name, String(value))),
    )
  }

  /** What a person needs who wrote the wrong end or group. */
  #nearby({ monitor, end }: WindowAction): string {
    const windows = [...this.#pipeline.windows.values()].filter((each) => each.monitor === monitor)
    const open = windows.some((window) => window.end === end && !window.closed)
    if (open) return 'one that is still open'
    const ends = [...new Set(windows.filter(({ closed }) => closed).map((each) => each.end))]
    if (ends.length === 0) return 'no closed window at all'
    const near = ends.sort((a, b) => Math.abs(a - end) - Math.abs(b - end)).slice(0, 3)
    return `none; windows end at ${near.map((each) => this.#time(each)).join(', ')}`
  }

  #transition({ alert, step, at, fields }: TransitionAction): readonly CaseDifference[] {
    const next = this.#pipeline.steps[this.#told]
    if (next === undefined) {
      return [{ name: 'transition', expected: `${alert} ${step}`, got: NOTHING }]
    }
    this.#told++
    return [
      ...difference('transition', `${alert} ${step}`, `${next.alert} ${next.step}`),
      ...(at === undefined ? [] : difference('at', this.#time(at), this.#time(next.at))),
      ...Object.entries(fields).flatMap(([name, value]) =>
        difference(name, String(value), stepField(next, name)),
      ),
    ]
  }

  #unexpected(): readonly CaseDifference[] {
    const unread = this.#pipeline.steps.slice(this.#told)
    this.#told = this.#pipeline.steps.length
    return unread.map((step) => {
      const labels = Object.entries(step.labels).map(([name, value]) => `${name}=${value}`)
      const got = `${step.alert} ${step.step} at=${this.#time(step.at)} ${labels.join(' ')}`
      return { name: 'transition', expected: 'none', got }
    })
  }

  /** An instant as the case writes it, from its start. */
  #time(at: number): string {
    const ms = at - this.#script.startAt
    return ms < 0 ? `-${durationText(-ms)}` : ms === 0 ? '0s' : durationText(ms)
  }
}

const fits = (window: WindowResult, name: string, value: string): boolean => {
  if (name === 'scope') return window.scope === value
  if (name === 'complete' || name === 'corrected') return true
  return window.group[name] === value
}

function windowDifferences(
  window: WindowResult,
  { fields, values }: WindowAction,
): readonly CaseDifference[] {
  const flags = (['complete', 'corrected'] as const).flatMap((name) =>
    fields[name] === undefined ? [] : difference(name, String(fields[name]), String(window[name])),
  )
  const numbers = Object.entries(values).flatMap(([name, { value, isApproximate }]) => {
    const got = name === 'rows' ? window.rows : window.values[name]
    const allowed = isApproximate ? Math.abs(value) * APPROXIMATE_SHARE + APPROXIMATE_LEAST : 0
    if (got !== undefined && Math.abs(got - value) <= allowed) return []
    const expected = isApproximate ? `about ${value}` : String(value)
    return [{ name, expected, got: got === undefined ? NOTHING : String(got) }]
  })
  return [...flags, ...numbers]
}

const difference = (name: string, expected: string, got: string): readonly CaseDifference[] =>
  expected === got ? [] : [{ name, expected, got }]

function stepField(step: Step, name: string): string {
  if (name === 'level') return step.level
  if (name === 'reason') return step.reason
  return step.labels[name] ?? NOTHING
}

const windowText = ({ group, values }: WindowResult): string =>
  `${JSON.stringify(group)} ${JSON.stringify(values)}`
