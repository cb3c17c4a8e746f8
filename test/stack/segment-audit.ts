import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { env } from 'node:process'
import { promisify } from 'node:util'
import { jarFolder } from '../../scripts/stack/java.ts'
import { withoutJava } from './rig/servers.ts'

const run = promisify(execFile)

const DUMP_MS_MAX = 60_000
const DUMP_BYTES_MAX = 64 * 1_048_576

/** Kafka's jars, or why an audit has to be skipped. */
export type Jars =
  { readonly ok: true; readonly folder: string } | { readonly ok: false; readonly reason: string }

/** Fetches Kafka's jars once. With `CI=true` nothing is skipped: what is missing is thrown. */
export async function kafkaJars(): Promise<Jars> {
  const reason = withoutJava()
  if (reason !== false) return { ok: false, reason }
  try {
    return { ok: true, folder: await jarFolder('kafka') }
  } catch (error) {
    const says = `Maven cannot fetch Kafka's jars: ${String(error).slice(0, 300)}`
    if (env['CI'] === 'true') throw new Error(says, { cause: error })
    return { ok: false, reason: says }
  }
}

/** One record as Kafka's tool prints it; an absent key or value is `null`. */
export type AuditedRow = {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

/** What Kafka's tool read in some segments. */
export type Audit = {
  readonly rows: readonly AuditedRow[]
  readonly batches: number
  /** What Kafka's reader, or the order of the offsets, finds wrong; empty is sound. */
  readonly faults: readonly string[]
}

/**
 * Has Kafka's own `DumpLogSegments` read segment files, in the order given. Its exit code is 0
 * whatever it finds, so its words count. Keys and values must be free of line breaks and of the
 * words ` key: ` and ` payload: `.
 */
export async function auditSegments(jars: string, files: readonly string[]): Promise<Audit> {
  const tool = ['-cp', join(jars, '*'), 'org.apache.kafka.tools.DumpLogSegments']
  const asked = ['--print-data-log', '--files', files.join(',')]
  const limits = { timeout: DUMP_MS_MAX, maxBuffer: DUMP_BYTES_MAX }
  const { stdout } = await run('java', [...tool, ...asked], limits)
  const faults: string[] = []
  const rows: AuditedRow[] = []
  let batches = 0
  let next: number | undefined
  for (const line of stdout.split('\n')) {
    const batch = BATCH.exec(line)?.groups
    if (batch !== undefined) {
      batches++
      if (next !== undefined && Number(batch['base']) !== next) faults.push(`gap: ${line}`)
      next = Number(batch['last']) + 1
      if (batch['valid'] !== 'true') faults.push(`not valid: ${line}`)
    } else if (RECORD.test(line)) rows.push(rowOf(line))
    else if (!isExpected(line)) faults.push(line)
  }
  return { rows, batches, faults }
}

const BATCH = /^baseOffset: (?<base>\d+) lastOffset: (?<last>\d+) .* isvalid: (?<valid>\w+)$/
const RECORD =
  /^\| offset: (?<offset>\d+) .*? keySize: (?<keySize>-?\d+) valueSize: (?<size>-?\d+) /
const KEY = / key: (?<text>.*?)(?: payload: .*)?$/
const PAYLOAD = / payload: (?<text>.*)$/

function rowOf(line: string): AuditedRow {
  const { offset, keySize, size } = RECORD.exec(line)?.groups ?? {}
  const text = (pattern: RegExp) => pattern.exec(line)?.groups?.['text'] ?? ''
  return {
    offset: Number(offset),
    key: keySize === '-1' ? null : text(KEY),
    value: size === '-1' ? null : text(PAYLOAD),
  }
}

/**
 * Headings. The tool calls the first offset of any segment but number 0 "non-consecutive", as if
 * it came after −1; real gaps stand in the batches, where they are looked for.
 */
const isExpected = (line: string): boolean =>
  /^(|Dumping \S+|Log starting offset: \d+|Non-consecutive offsets in \S+)$/.test(line) ||
  /^ +-1 is followed by \d+$/.test(line)
