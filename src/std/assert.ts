/** Ends the process on a broken promise of our own code; what comes from outside never trips it. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** A bug in Nocturne itself: `main.ts` prints it and exits with 70 (R5). */
class AssertionError extends Error {
  override readonly name = 'AssertionError'
}
