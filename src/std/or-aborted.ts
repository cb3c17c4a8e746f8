/** The work’s result, or undefined once the signal aborts; what becomes of it then is let go. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
  const end = (): void => resolve(undefined)
  const free = (): void => signal.removeEventListener('abort', end)
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  work.then(resolve, reject)
  promise.then(free, free)
  return promise
}
