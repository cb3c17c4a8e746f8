import { NocturneError } from '../../../src/model/nocturne-error.ts'
import { systemClock } from '../../../src/std/clock.ts'

/** The code and sentence of what this fails with; a success is none. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<{ readonly code?: string; readonly message: string }> {
  try {
    await work
    return { message: 'nothing failed' }
  } catch (error) {
    if (error instanceof NocturneError) return { code: error.code, message: error.message }
    throw error
  }
}

/** Asks until it holds; the test's own time limit is the bound. */
export async function until(isIt: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isIt())) await systemClock.sleep(20)
}
