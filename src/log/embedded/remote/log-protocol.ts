import type { ErrorCode } from '../../../model/error-catalogue.ts'
import { NocturneError } from '../../../model/nocturne-error.ts'
import type { GroupSpec, Offset, Position, RejectedRange, TopicSpec } from '../../log.ts'
import type { At } from '../log-meta.ts'
import type { IndexEntry } from '../segment/segment-index.ts'
import type { SegmentNames } from '../segment/segment-list.ts'

/** Where the files of a topic are, and which lines of the cells its partitions have. */
export type TopicPlace = {
  readonly spec: TopicSpec
  readonly partitions: readonly { readonly folder: string; readonly line: number }[]
}

/** Record batches of one partition, closed unstamped, in the bytes of one append. */
export type AppendPart = { readonly partition: number; readonly from: number; readonly to: number }

/** What a thread asks of the one that writes, and what it is answered. */
export type LogCalls = {
  readonly createTopic: { readonly given: TopicSpec; readonly answer: void }
  readonly topic: { readonly given: string; readonly answer: TopicPlace }
  readonly append: {
    readonly given: {
      readonly topic: string
      readonly bytes: Uint8Array<ArrayBuffer>
      readonly parts: readonly AppendPart[]
    }
    readonly answer: void
  }
  readonly segments: { readonly given: At; readonly answer: SegmentNames }
  readonly index: {
    readonly given: At & { readonly base: Offset }
    readonly answer: readonly IndexEntry[] | undefined
  }
  readonly position: { readonly given: number; readonly answer: Position }
  readonly commit: {
    readonly given: { readonly claim: number; readonly offset: Offset; readonly note: string }
    readonly answer: void
  }
  readonly ends: {
    readonly given: string
    readonly answer: readonly { readonly start: Offset; readonly end: Offset }[]
  }
  /** Claims come as news until the call is answered: then there will be no more. */
  readonly claims: {
    readonly given: { readonly stream: number; readonly spec: GroupSpec }
    readonly answer: void
  }
}

export type CallName = keyof LogCalls

export type LogCall<Name extends CallName = CallName> = {
  readonly [Each in Name]: {
    readonly id: number
    readonly call: Each
    readonly given: LogCalls[Each]['given']
  }
}[Name]

/** What a thread tells the one that writes, without an answer. */
export type LogNotice =
  | { readonly notice: 'leave'; readonly stream: number }
  | { readonly notice: 'release'; readonly claim: number }
  | { readonly notice: 'quarantine'; readonly at: At; readonly range: RejectedRange }

/** An error on its way to another thread. */
export type PlainError = { readonly code?: ErrorCode; readonly text: string }

export type LogAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: PlainError }

/** What the thread that writes tells the others by itself. */
export type LogNews =
  | {
      readonly news: 'claim'
      readonly stream: number
      readonly claim: number
      readonly at: At
      readonly group?: string
      readonly generation: number
    }
  | { readonly news: 'aborted'; readonly claim: number; readonly reason: unknown }

/** What crosses the threads of an error: code and detail, or the whole story of a bug. */
export function plainError(error: unknown): PlainError {
  if (error instanceof NocturneError) return { code: error.code, text: error.detail }
  return { text: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}

/** The error as it was; a bug keeps its words and loses its class. */
export function revivedError({ code, text }: PlainError): Error {
  return code === undefined ? new Error(text) : new NocturneError(code, text)
}
