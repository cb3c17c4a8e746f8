/** One append of a writer: what became of it, as far as the writer knows. */
export type Appended = {
  readonly writer: string
  readonly sequence: number
  readonly partition: number
  readonly outcome: 'ok' | 'failed' | 'unknown'
}

/** What one reading of a partition saw, in its order: from a position on, until it was ended. */
export type Reading = {
  readonly reader: string
  readonly partition: number
  readonly rows: readonly { readonly offset: number; readonly value: string }[]
}

/** What writers and readers saw of one topic while faults befell it. */
export type TopicHistory = {
  readonly appends: readonly Appended[]
  readonly readings: readonly Reading[]
}

/** What a writer puts into a row, so that a reader knows whose it is. */
export const valueOf = (writer: string, sequence: number): string => `${writer}:${sequence}`
