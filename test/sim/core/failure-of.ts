/** What work failed with, undefined where it did not; resolves as soon as that is known. */
export const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )
