/**
 * Aborts at the first SIGINT or SIGTERM, so that a command ends cleanly; a second one ends the
 * process at once, which is safe too (R4). `release` gives the signals back.
 */
export function stopSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const stop = new AbortController()
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(1)
    stop.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  const release = (): void => {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
  return { signal: stop.signal, release }
}
