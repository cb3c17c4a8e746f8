import { isatty } from 'node:tty'
import { Bell } from '../std/bell.ts'

/**
 * Listens to SIGHUP from now on. `each` calls its work once for each signal, one call at a time and
 * one for those that come meanwhile, and resolves when its signal aborts. Where SIGHUP means that
 * the terminal is gone, `stop` is called instead. `release` gives the signal back.
 */
export function hangups(stop: () => void): {
  readonly each: (work: () => Promise<void>, until: AbortSignal) => Promise<void>
  readonly release: () => void
} {
  const bell = new Bell()
  const hadTerminal = isatty(0)
  const onHangup = (): void => {
    if (hadTerminal && !isatty(0)) stop()
    else bell.ring()
  }
  process.on('SIGHUP', onHangup)
  return {
    async each(work, until) {
      while (!until.aborted) {
        await bell.wait(until)
        if (!until.aborted) await work()
      }
    },
    release: () => void process.off('SIGHUP', onHangup),
  }
}
