import { isatty } from 'node:tty'
import { Bell } from '../std/bell.ts'

/**
 * Calls `reload` at each SIGHUP, one call at a time and one for those that come meanwhile; `stop`
 * where the signal means that the terminal is gone. Resolves when the signal given aborts.
 */
export async function followHangups(
  { reload, stop }: { readonly reload: () => Promise<void>; readonly stop: () => void },
  until: AbortSignal,
): Promise<void> {
  const bell = new Bell()
  const hadTerminal = isatty(0)
  const onHangup = (): void => {
    if (hadTerminal && !isatty(0)) stop()
    else bell.ring()
  }
  process.on('SIGHUP', onHangup)
  try {
    while (!until.aborted) {
      await bell.wait(until)
      if (!until.aborted) await reload()
    }
  } finally {
    process.off('SIGHUP', onHangup)
  }
}
