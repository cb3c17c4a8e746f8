import { execFile } from 'node:child_process'
import { NocturneError } from '../model/nocturne-error.ts'

/** One dump of the kernel's TCP sockets as text. @throws COLLECT_SS_FAILED */
export type SsRunner = (signal: AbortSignal) => Promise<string>

/** The command is fixed, so that no setting can make it run anything else (formats.md 3.4). */
const ARGUMENTS = ['-tinHOe']
const OUTPUT_BYTES_MAX = 256 * 1_048_576
const TIMEOUT_MS = 5_000

/**
 * Runs `ss -tinHOe`: TCP, internal values, numeric, no header, one line each, with the socket's
 * cookie. @throws COLLECT_SS_FAILED: missing, not allowed, over 5 s or over 256 MiB.
 */
export const runSs: SsRunner = (signal) =>
  new Promise((resolve, reject) => {
    const options = { signal, timeout: TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX }
    execFile('ss', ARGUMENTS, options, (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(new NocturneError('COLLECT_SS_FAILED', reasonOf(error), { cause: error }))
    })
  })

/** Never the program's own output, which may hold addresses. */
function reasonOf(error: Error & { code?: unknown; killed?: boolean }): string {
  if (error.code === 'ENOENT') return 'ss is not installed (package iproute2)'
  if (error.killed === true) return `no answer within ${TIMEOUT_MS} ms`
  return `ss ended with ${String(error.code)}`
}
