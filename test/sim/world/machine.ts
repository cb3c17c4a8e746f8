import type { Ledger } from '../check/ledger.ts'
import type { StoreWatch } from '../check/store-watch.ts'
import type { ClockOffset } from '../core/process-clock.ts'
import type { Life, Scheduler } from '../core/scheduler.ts'
import type { Tally } from '../core/tally.ts'
import type { Trace } from '../core/trace.ts'
import type { DiskTroubles } from '../disk/disk-troubles.ts'
import type { MetaFiles } from '../disk/meta-files.ts'
import type { Platter } from '../disk/platter.ts'
import type { Log } from '../../../src/log/log.ts'
import type { Store } from '../../../src/store/store.ts'
import type { Scenario } from './scenario.ts'
import type { SimAlertmanager } from './sim-alertmanager.ts'
import type { SimReceiver } from './sim-receiver.ts'
import type { StoreMood } from './sim-store.ts'
import type { TailFile } from './tail-file.ts'

/** Stands between log and store and their users, for tests of those who judge. */
export type Tamper = {
  /** Below what is noted as promised. */
  readonly below?: (log: Log) => Log
  /** Above it: what readers and collectors are handed. */
  readonly above?: (log: Log) => Log
  readonly store?: (store: Store) => Store
}

/** What a process finds, and what outlives it. */
export interface Machine {
  readonly seed: bigint
  readonly scenario: Scenario
  readonly scheduler: Scheduler
  readonly trace: Trace
  readonly tally: Tally
  readonly platter: Platter
  readonly metaFiles: MetaFiles
  readonly troubles: DiskTroubles
  readonly offset: ClockOffset
  readonly ledger: Ledger
  readonly tamper: Tamper
  readonly store: Store
  readonly storeMood: StoreMood
  readonly storeWatch: StoreWatch
  readonly receivers: readonly SimReceiver[]
  readonly alertmanagers: readonly SimAlertmanager[]
  readonly tailFile: TailFile
  /** The thresholds of the configuration file, in parts of those that the scenario has. */
  readonly rules: { scale: number }
  /** A reader was begun again after an expected failure. */
  readerFailed(reader: string, reason: string): void
  /** A process met what it ends of (R5). */
  processFailed(life: Life, error: unknown): void
}
