import { NocturneError } from '../../model/nocturne-error.ts'
import type { SparkSession } from '../../spark/spark-session.ts'

/**
 * Works in a session that was opened for this alone. To let go of it ends whatever still runs in
 * it; where that cannot be asked, what the work came to stands, and the server is left to itself.
 * @throws BACKTEST_STOPPED once the signal aborts, and what the work throws.
 */
export async function inOwnSession(
  session: SparkSession,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const ending = Promise.withResolvers<never>()
  ending.promise.catch(() => undefined)
  const end = (): void => ending.reject(new NocturneError('BACKTEST_STOPPED', ''))
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  const working = work()
  try {
    await Promise.race([working, ending.promise])
  } finally {
    signal.removeEventListener('abort', end)
    // Whoever deletes what is written to has to know that nobody writes any more.
    if (await isReleased(session)) await Promise.allSettled([working])
    session.close()
    await Promise.allSettled([working])
  }
}

async function isReleased(session: SparkSession): Promise<boolean> {
  try {
    await session.release()
    return true
  } catch (error) {
    if (error instanceof NocturneError) return false
    throw error
  }
}
