import { foldsAlike } from '../aggregate/folds-alike.ts'
import type { Config } from '../config/config.ts'
import type { Log } from '../log/log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { Clock } from '../std/clock.ts'
import { Replaceable } from '../std/replaceable.ts'
import type { Logger } from '../telemetry/logger.ts'
import { assertReloadable } from './assert-reloadable.ts'
import type { HotSpecs } from './hot-readers.ts'
import type { HistorySpec } from '../history/history-spec.ts'
import { pastSpec } from './history-reader.ts'
import { aggregateSpec, evaluateSpec } from './readers.ts'
import type { Role } from './roles.ts'
import { askForRules, type RulesChange } from './rules-log.ts'

export type MonitorsDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly logger: Logger
  readonly roles: ReadonlySet<Role>
  /** Called when another configuration has come into force. */
  readonly adopted: (config: Config) => void
  /** Told how each reload went. */
  readonly told: (isInForce: boolean) => void
}

/** The configuration in force, and how another one comes to be (R3, A75). */
export class MonitorsInForce {
  readonly #deps: MonitorsDeps
  /** What the hot path works by; replaced only where other panes are to be made. */
  readonly hot: Replaceable<HotSpecs>
  /** Whose past is asked; replaced with every configuration. */
  readonly past: Replaceable<HistorySpec>
  #config: Config
  /** Those who change what is in force wait for each other. */
  #asking: Promise<void> = Promise.resolve()

  constructor(deps: MonitorsDeps, config: Config) {
    this.#deps = deps
    this.#config = config
    this.hot = new Replaceable(this.#specsOf(config))
    this.past = new Replaceable(pastSpec(config))
  }

  /** The longest hop of any monitor. */
  get hopMsMax(): number {
    return Math.max(0, ...this.#config.monitors.map(({ window }) => window.hopMs))
  }

  /** Asks for the monitors of the first configuration; resolves when the log has them. */
  begin(supervised: (ask: () => Promise<void>) => Promise<void>): Promise<void> {
    const ask = async (): Promise<void> => void (await this.#askFor(this.#config))
    this.#asking = supervised(ask)
    return this.#asking
  }

  /**
   * Puts what `read` answers in force. Where that cannot be, all stays as it was, and the reason is
   * logged and told. @throws what is a bug, and nothing else.
   */
  async reload(read: () => Promise<Config>): Promise<void> {
    const { logger, told } = this.#deps
    const reloading = this.#asking.then(async () => this.#adopt(await read()))
    this.#asking = reloading.then(
      () => undefined,
      () => undefined,
    )
    try {
      const { changed, gone } = await reloading
      logger.info({ changed, gone }, 'the monitors of the configuration are in force')
    } catch (error) {
      if (!(error instanceof NocturneError)) throw error
      logger.error({ code: error.code }, `the configuration stays as it was: ${error.message}`)
      return told(false)
    }
    told(true)
  }

  /** Rules first: where the log refuses them, nothing has changed. */
  async #adopt(config: Config): Promise<RulesChange> {
    assertReloadable(this.#config, config)
    const change = await this.#askFor(config)
    const specs = this.#specsOf(config)
    const { aggregate } = this.hot.current
    if (aggregate && specs.aggregate && !foldsAlike(aggregate, specs.aggregate)) {
      this.hot.replace(specs)
    }
    this.past.replace(pastSpec(config))
    this.#config = config
    this.#deps.adopted(config)
    return change
  }

  async #askFor({ monitors }: Config): Promise<RulesChange> {
    const { log, roles, clock } = this.#deps
    if (!roles.has('evaluate')) return { changed: [], gone: [] }
    return askForRules(log, monitors, { at: clock.now(), by: 'config' })
  }

  #specsOf(config: Config): HotSpecs {
    const { roles } = this.#deps
    const isOurs = roles.has('aggregate') && config.aggregate.engine === 'own'
    return {
      ...(isOurs && { aggregate: aggregateSpec(config) }),
      ...(roles.has('evaluate') ? { evaluate: evaluateSpec(config) } : {}),
      ...(roles.has('record') ? { rollUp: evaluateSpec(config) } : {}),
    }
  }
}
