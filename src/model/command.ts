/** What a person asked for (formats.md 2): one partition, so people's acts have one order. */
export type Command = {
  readonly v: 1
  /** Made by the client (UUIDv7); the same id twice is one command (A50). */
  readonly id: string
  readonly at: number
  readonly by: string
  readonly kind: 'ack' | 'unack'
  /** The episode. */
  readonly target: string
  readonly until: number | null
  readonly comment: string
}
