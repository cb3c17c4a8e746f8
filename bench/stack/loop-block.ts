import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 5

/** Watches the event loop; answers how long it was blocked at most, beyond its own resolution. */
export function watchLoop(): { readonly blockMsMax: () => number } {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  return { blockMsMax: () => Math.max(0, delay.max / 1e6 - RESOLUTION_MS) }
}
