import type { Offset } from '../log/log.ts'

/** Offsets in [from, to). */
export type Span = { readonly from: Offset; readonly to: Offset }

/** Spans beyond the position that are in the store already; more are recorded again. */
export const SPANS_MAX = 8

/** A store's identity and, behind a space, the spans: `sqlite-17 900-1000,1500-1600`. */
export function encodeRecordNote(identity: string, done: readonly Span[]): string {
  if (done.length === 0) return identity
  return `${identity} ${done.map(({ from, to }) => `${from}-${to}`).join()}`
}

/** What an earlier reader left; spans that cannot be read are none, so that nothing is left out. */
export function decodeRecordNote(note: string): {
  readonly identity: string
  readonly done: readonly Span[]
} {
  const [identity = '', spans = ''] = note.split(' ')
  const done = spans.split(',').flatMap((text) => {
    const [from = NaN, to = NaN] = text.split('-').map(Number)
    const isSpan = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from < to
    return isSpan ? [{ from, to }] : []
  })
  return { identity, done: done.slice(0, SPANS_MAX) }
}

/** The same note in a log where records have other offsets. */
export function movedRecordNote(note: string, moved: (offset: Offset) => Offset): string {
  const { identity, done } = decodeRecordNote(note)
  return encodeRecordNote(
    identity,
    done.map(({ from, to }) => ({ from: moved(from), to: moved(to) })),
  )
}
