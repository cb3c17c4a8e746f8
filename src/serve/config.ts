import type { Tier } from '../model/roll-up.ts'

/** What `serve` can be told; `config/` reads and checks it. */
export type ServeConfig = {
  /** Where to listen: loopback, unless the operator chose otherwise. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Host names under which the wall may be opened, beside those of loopback; lower case. */
  readonly hosts: readonly string[]
  /** Who acts where the viewer does not say. */
  readonly you: string
  /** Shown to walls, so that they notice a newer one. */
  readonly build: string
  /** Sites whose readings are made up, labelled so wherever they show. */
  readonly simulatedSites: readonly string[]
  /** Silence after which a site is dark (V2), ms. */
  readonly absentMs: number
  /** How long the store keeps each tier, ms; absent: as long as the manual says. */
  readonly keptMs?: Readonly<Record<Tier, number>>
}
