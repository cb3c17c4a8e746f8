import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'

const run = promisify(execFile)

const PROGRAM = join(import.meta.dirname, 'record-batches.java')
const RUN_MS_MAX = 120_000
const OUTPUT_BYTES_MAX = 64 * 1_048_576

/** Runs Kafka's own reader and writer of record batches; answers the lines it prints. */
export async function recordBatches(
  jars: string,
  ...words: readonly string[]
): Promise<readonly string[]> {
  const limits = { timeout: RUN_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX }
  const { stdout } = await run('java', ['-cp', join(jars, '*'), PROGRAM, ...words], limits)
  return stdout.split('\n').filter((line) => line !== '')
}

/** A row as that program prints it. */
export const rowLine = (offset: number, key: Uint8Array, value: Uint8Array): string =>
  `row ${offset} ${sumOf(key)} ${sumOf(value)}`

const sumOf = (bytes: Uint8Array): string => `${bytes.length}:${crc32(bytes).toString(16)}`
