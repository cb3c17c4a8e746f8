import { reachableFrom, type Claim, type LogBatch } from '../../log/log.ts'
import { bytesOf } from '../../model/record-columns.ts'
import type { RolledUpTo } from '../../model/roll-up.ts'
import { paneKey } from '../../wire/pane-codec.ts'
import { decodeRollUpRecord, encodeRollUp } from '../../wire/roll-up-codec.ts'
import { compileMonitor, type CompiledMonitor } from '../compiled-monitor.ts'
import { rulesAt } from '../rule-commands.ts'
import { RulesInForce } from '../rules-in-force.ts'
import { HourFold } from './hour-fold.ts'
import type { RollUpDeps } from './roll-up-panes.ts'

const TURN_BYTES_MAX = 65_536
const PIECE_ROWS_MAX = 50
const COMMIT_EVERY_MS = 5_000
/** For a definition that is not in force it is asked again at most so often. */
const RULES_EVERY_MS = 10_000
/** Definitions that are not in force, remembered at once. */
const UNKNOWN_MAX = 1_000

/**
 * Folds the minutes of the claimed partition of `rollups` to hours, into the same partition, until
 * the claim's signal aborts. The position is the first minute of the oldest open hour, and the note
 * how far minutes were folded and hours issued: up to there a restart only brings minutes back, so
 * an hour is not issued with less in it than before (T4). Behind a gap the note also says which
 * hours cannot be whole.
 */
export async function rollUpHours(deps: RollUpDeps, claim: Claim): Promise<void> {
  const reader = new HourReader(deps, claim)
  await reader.restore()
  await reader.run()
}

class HourReader {
  readonly #deps: RollUpDeps
  readonly #claim: Claim
  readonly #fold: HourFold
  readonly #outcomes: Record<string, number> = {}
  #monitors: ReadonlyMap<string, CompiledMonitor> = new Map()
  /** When each definition that was not in force was asked for. */
  readonly #askedAt = new Map<string, number>()
  #foldFrom = 0
  #next = 0
  #committedAt: number

  constructor(deps: RollUpDeps, claim: Claim) {
    this.#deps = deps
    this.#claim = claim
    this.#fold = new HourFold((id) => this.#monitors.get(id))
    this.#committedAt = deps.clock.now()
  }

  async restore(): Promise<void> {
    const { log, clock, onGap, progress } = this.#deps
    await this.#askForRules()
    const { offset, note } = await log.position(this.#claim)
    const reached = await reachableFrom(log, { at: this.#claim, offset })
    // Where the log's end went back behind what was folded, what stands there now was not.
    const [noted, wholeFrom] = note.split(' ')
    const told = Math.max(offset, Number(noted))
    const folded = await reachableFrom(log, { at: this.#claim, offset: told })
    const isLost = folded.gap?.reason === 'lost'
    const gap = isLost ? folded.gap : reached.gap
    if (gap !== undefined) onGap?.(gap)
    if (wholeFrom !== undefined) this.#fold.beginAt(Number(wholeFrom))
    if (gap !== undefined) this.#fold.beginAt(gap.toMs ?? clock.now())
    this.#next = reached.offset
    this.#foldFrom = isLost ? reached.offset : Math.max(reached.offset, folded.offset)
    progress.next.set(this.#claim.partition, this.#foldFrom)
  }

  async run(): Promise<void> {
    const { log, clock } = this.#deps
    const position = { offset: this.#next, note: '' }
    for await (const batch of log.read(this.#claim, { position, bytesMax: TURN_BYTES_MAX })) {
      await this.#turn(batch)
      this.#next = batch.next
      this.#note()
      if (clock.now() - this.#committedAt >= COMMIT_EVERY_MS) await this.#commit()
    }
    if (this.#claim.signal.reason !== 'lost') await this.#commit()
  }

  async #turn(batch: LogBatch): Promise<void> {
    for (let row = 0; row < batch.count; row++) {
      const offset = batch.offsets[row]!
      const isFolded = offset >= this.#foldFrom
      const decoded = decodeRollUpRecord(bytesOf(batch.values, row))
      if (!decoded.ok) {
        if (isFolded) this.#count(decoded.reason)
        continue
      }
      const { record } = decoded
      if (record.kind === 'past') await this.#issue(record.past, !isFolded)
      else if (record.kind === 'rollUp' && record.rollUp.tier === 'minute') {
        const { monitor, definition } = record.rollUp
        await this.#know(monitor, definition)
        const verdict = this.#fold.minute(record.rollUp, offset)
        if (isFolded) this.#count(verdict)
      }
    }
  }

  async #issue(past: RolledUpTo, isQuiet: boolean): Promise<void> {
    const { clock, log, progress } = this.#deps
    const { partition } = this.#claim
    let piece: { readonly key: Uint8Array; readonly value: Uint8Array; partition: number }[] = []
    const append = async (): Promise<void> => {
      await log.append('rollups', piece)
      progress.made += piece.length
      piece = []
    }
    for (const hour of this.#fold.past(past, { wall: clock.now(), isQuiet })) {
      piece.push({ key: keyOf(hour), value: encodeRollUp(hour), partition })
      if (piece.length < PIECE_ROWS_MAX) continue
      await append()
      await clock.sleep(0)
    }
    if (piece.length > 0) await append()
  }

  /**
   * Asks which monitors are in force where a minute is of another definition: at once where it was
   * not met before, since its minutes come only when it is in force.
   */
  async #know(monitor: string, definition: string): Promise<void> {
    if (this.#monitors.get(monitor)?.spec.definition === definition) return
    const name = `${monitor}|${definition}`
    const now = this.#deps.clock.now()
    if (now - (this.#askedAt.get(name) ?? -Infinity) < RULES_EVERY_MS) return
    if (this.#askedAt.size >= UNKNOWN_MAX) this.#askedAt.clear()
    this.#askedAt.set(name, now)
    await this.#askForRules()
  }

  async #askForRules(): Promise<void> {
    const { log, spec } = this.#deps
    const { monitors } = spec.live
      ? await rulesAt(log, spec.monitors, Number.MAX_SAFE_INTEGER)
      : new RulesInForce(spec.monitors)
    this.#monitors = new Map(monitors.map((monitor) => [monitor.id, compileMonitor(monitor)]))
  }

  async #commit(): Promise<void> {
    const { log, clock } = this.#deps
    const told = Math.max(this.#next, this.#foldFrom)
    const offset = Math.min(told, this.#fold.oldestOffset)
    const { wholeFrom } = this.#fold
    const note = Number.isFinite(wholeFrom) ? `${told} ${wholeFrom}` : `${told}`
    await log.commit(this.#claim, offset, note)
    this.#committedAt = clock.now()
  }

  #count(reason: string): void {
    this.#outcomes[reason] = (this.#outcomes[reason] ?? 0) + 1
  }

  #note(): void {
    const { progress } = this.#deps
    progress.groups.set(this.#claim.partition, this.#fold.size)
    progress.outcomes.set(this.#claim.partition, this.#outcomes)
    progress.next.set(this.#claim.partition, Math.max(this.#next, this.#foldFrom))
  }
}

/** The key of its group's panes stands in the id: scope|monitor|group|end. */
function keyOf({
  id,
  scope,
  monitor,
  end,
}: {
  id: string
  scope: string
  monitor: string
  end: number
}) {
  const group = id.slice(scope.length + monitor.length + 2, -`|${end}`.length)
  return paneKey(monitor, JSON.parse(group))
}
