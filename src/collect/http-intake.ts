import { gunzip } from 'node:zlib'
import type { Log } from '../log/log.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { readingLimits } from '../model/reading.ts'
import { utf8Text } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'
import type { BeatInput } from './heartbeat.ts'
import { NdjsonLines, isBlankLine } from './ndjson-lines.ts'
import { PostedSites } from './posted-sites.ts'
import type { Admission, ReadingIntake } from './reading-intake.ts'
import { RecordBatch } from './record-batch.ts'

/** A request's parts, whoever received it. */
export type IntakeRequest = {
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly body: Uint8Array
}

/** What to answer; `retryAfterS` goes into `Retry-After`. */
export type IntakeResponse = {
  readonly status: 202 | 400 | 413 | 415 | 429
  readonly body: IntakeReport | { readonly error: string }
  readonly retryAfterS?: number
}

/** Of rows: how many were taken, and which not; at most 1,000 are named, the rest is a number. */
export type IntakeReport = {
  readonly accepted: number
  readonly rejected: readonly { readonly line: number; readonly reason: string }[]
  readonly rejected_more?: number
}

export type HttpIntakeOptions = {
  readonly log: Log
  readonly clock: Clock
  readonly intake: ReadingIntake
  /** Unpacked bytes of all requests that may be in work at once. */
  readonly bytesMax?: number
}

const PACKED_BYTES_MAX = 1_048_576
const UNPACKED_BYTES_MAX = 8 * 1_048_576
const IN_WORK_BYTES_MAX = 64 * 1_048_576
const NAMED_MAX = 1_000
const SLICE_BYTES = 262_144
const RETRY_AFTER_S = 1

type Report = {
  accepted: number
  named: { line: number; reason: string }[]
  more: number
  /** Newest event time of each site that rows named. */
  readonly newestBySite: Map<string, number>
}

/**
 * Readings by `POST`: NDJSON or a JSON array, plain or gzip, at most 1 MiB packed and 8 MiB
 * unpacked. 202 only when every accepted row is durable (D1). Too much at once, or a full log: 429,
 * and the client keeps its rows. A retry repeats rows unless they carry `collector` and `n` (D7).
 */
export class HttpIntake implements BeatInput {
  readonly #options: HttpIntakeOptions
  /** Sites that posted rows under their own name. */
  readonly sites = new PostedSites()
  /** Arrival of each request in work, oldest first, and the bytes it may need. */
  readonly #inWork = new Map<symbol, { readonly at: number; readonly bytes: number }>()

  constructor(options: HttpIntakeOptions) {
    this.#options = options
  }

  /** The clock while no request is in work, else the arrival of the oldest one. */
  appendedTo(): number {
    for (const { at } of this.#inWork.values()) return at
    return this.#options.clock.now()
  }

  backlogBytes(): number {
    let bytes = 0
    for (const request of this.#inWork.values()) bytes += request.bytes
    return bytes
  }

  async post(request: IntakeRequest): Promise<IntakeResponse> {
    const format = formatOf(request)
    if (format === undefined) return refused(415, 'send application/x-ndjson or application/json')
    const { body } = request
    if (body.length > PACKED_BYTES_MAX) return refused(413, 'at most 1 MiB a request')
    const bytes = format.isPacked ? UNPACKED_BYTES_MAX : body.length
    const bytesMax = this.#options.bytesMax ?? IN_WORK_BYTES_MAX
    if (this.backlogBytes() + bytes > bytesMax) return busy('too many requests at once')
    const id = Symbol('request')
    this.#inWork.set(id, { at: this.#options.clock.now(), bytes })
    try {
      return await this.#take(body, format)
    } catch (error) {
      if (error instanceof NocturneError && error.entry.status === 429) return busy(error.message)
      throw error
    } finally {
      this.#inWork.delete(id)
    }
  }

  async #take(body: Uint8Array, format: Format): Promise<IntakeResponse> {
    const unpacked = format.isPacked ? await unpack(body) : ({ ok: true, bytes: body } as const)
    if (!unpacked.ok) return refused(unpacked.status, unpacked.reason)
    const batch = new RecordBatch(this.#options.log)
    const report: Report = { accepted: 0, named: [], more: 0, newestBySite: new Map() }
    if (format.kind === 'ndjson') await this.#takeLines(unpacked.bytes, batch, report)
    else {
      const rows = rowsOf(unpacked.bytes)
      if (rows === undefined) return refused(400, 'the body is no JSON array')
      await this.#takeRows(rows, batch, report)
    }
    batch.addRejected(this.#options.intake.takeRejected())
    await batch.flush()
    const now = this.#options.clock.now()
    for (const [site, ts] of report.newestBySite) this.sites.posted(site, Math.min(ts, now), now)
    const { accepted, named: rejected, more } = report
    const counts = { accepted, rejected }
    return { status: 202, body: more === 0 ? counts : { ...counts, rejected_more: more } }
  }

  async #takeLines(bytes: Uint8Array, batch: RecordBatch, report: Report): Promise<void> {
    const { intake } = this.#options
    const lines = new NdjsonLines({ lineBytesMax: readingLimits.rowBytesMax })
    const slices = Math.ceil(bytes.length / SLICE_BYTES)
    for (let i = 0; i <= slices; i++) {
      const slice = bytes.subarray(i * SLICE_BYTES, (i + 1) * SLICE_BYTES)
      for (const line of i < slices ? lines.push(slice) : lines.end()) {
        if (line.bytes !== undefined && isBlankLine(line.bytes)) continue
        const place = { position: `line ${line.number}`, length: line.length }
        note(intake.line(line.bytes, place), { line: line.number, batch, report })
      }
      // An append between slices also lets others run.
      if (batch.isFull) await batch.flush()
    }
  }

  async #takeRows(rows: readonly unknown[], batch: RecordBatch, report: Report): Promise<void> {
    for (const [i, row] of rows.entries()) {
      const admission = this.#options.intake.row(row, { position: `row ${i + 1}` })
      note(admission, { line: i + 1, batch, report })
      if (batch.isFull) await batch.flush()
    }
  }
}

type Format = { readonly kind: 'ndjson' | 'json'; readonly isPacked: boolean }

function formatOf({ contentType, contentEncoding }: IntakeRequest): Format | undefined {
  const encoding = contentEncoding?.trim().toLowerCase() || 'identity'
  if (encoding !== 'identity' && encoding !== 'gzip') return undefined
  const isPacked = encoding === 'gzip'
  switch (contentType?.split(';')[0]?.trim().toLowerCase()) {
    case 'application/x-ndjson':
    case 'application/ndjson':
      return { kind: 'ndjson', isPacked }
    case 'application/json':
      return { kind: 'json', isPacked }
    default:
      return undefined
  }
}

function note(
  admission: Admission,
  to: { readonly line: number; readonly batch: RecordBatch; readonly report: Report },
): void {
  const { line, batch, report } = to
  if (!admission.ok) {
    if (report.named.length < NAMED_MAX) report.named.push({ line, reason: admission.reason })
    else report.more++
    return
  }
  report.accepted++
  const { site, ts } = admission
  if (site !== undefined)
    report.newestBySite.set(site, Math.max(ts, report.newestBySite.get(site) ?? ts))
  if (admission.record !== undefined) batch.add(admission.record)
}

type Unpacked =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly status: 400 | 413; readonly reason: string }

/** Stops at the bound, so a small body that unpacks to gigabytes costs 8 MiB and no more. */
const unpack = (body: Uint8Array): Promise<Unpacked> =>
  new Promise((resolve) => {
    gunzip(body, { maxOutputLength: UNPACKED_BYTES_MAX }, (error, bytes) => {
      if (error === null) resolve({ ok: true, bytes })
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
        resolve({ ok: false, status: 413, reason: 'at most 8 MiB unpacked' })
      } else resolve({ ok: false, status: 400, reason: 'the body is no gzip' })
    })
  })

function rowsOf(bytes: Uint8Array): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(utf8Text(bytes))
    return Array.isArray(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

const refused = (status: 400 | 413 | 415, error: string): IntakeResponse => ({
  status,
  body: { error },
})

const busy = (error: string): IntakeResponse => ({
  status: 429,
  body: { error },
  retryAfterS: RETRY_AFTER_S,
})
