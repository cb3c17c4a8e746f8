import type { MonitorSpec } from '../../model/monitor.ts'
import { namesByThreshold, thresholdsOf } from './threshold.ts'

type Lookups = {
  readonly byId: ReadonlyMap<string, MonitorSpec>
  readonly judgedByRule: ReadonlyMap<string, readonly string[]>
  readonly shownByMonitor: ReadonlyMap<string, string>
  readonly isLowWorse: ReadonlySet<string>
}

/** The monitors in force, as the wall asks for them: `adopt` puts others in their place (A75). */
export class MonitorBook {
  #list: readonly MonitorSpec[]
  #lookups: Lookups

  constructor(monitors: readonly MonitorSpec[]) {
    this.#list = monitors
    this.#lookups = lookupsOf(monitors)
  }

  adopt(monitors: readonly MonitorSpec[]): void {
    this.#list = monitors
    this.#lookups = lookupsOf(monitors)
  }

  /** In the order of their file. */
  get list(): readonly MonitorSpec[] {
    return this.#list
  }

  get(id: string): MonitorSpec | undefined {
    return this.#lookups.byId.get(id)
  }

  /** Names of the values that a rule compares with constants. */
  judged(monitor: string, alert: string): readonly string[] {
    return this.#lookups.judgedByRule.get(`${monitor}/${alert}`) ?? []
  }

  /** Name of the value that a cell of this monitor shows. */
  shown(monitor: string): string {
    return this.#lookups.shownByMonitor.get(monitor) ?? ''
  }

  /** Whether what this monitor shows is the worse the lower it is. */
  isLowWorse(monitor: string): boolean {
    return this.#lookups.isLowWorse.has(monitor)
  }
}

function lookupsOf(monitors: readonly MonitorSpec[]): Lookups {
  return {
    byId: new Map(monitors.map((monitor) => [monitor.id, monitor])),
    judgedByRule: new Map(
      monitors.flatMap((monitor) =>
        [...Map.groupBy(thresholdsOf(monitor), ({ alert }) => alert)].map(([alert, thresholds]) => [
          `${monitor.id}/${alert}`,
          thresholds.map(({ name }) => name),
        ]),
      ),
    ),
    shownByMonitor: new Map(
      monitors.map((monitor) => [monitor.id, namesByThreshold(monitor)[0] ?? '']),
    ),
    isLowWorse: new Set(
      monitors.filter((m) => thresholdsOf(m)[0]?.op.startsWith('<')).map(({ id }) => id),
    ),
  }
}
