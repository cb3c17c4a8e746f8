/** The route timings of A62 where nothing else is written, in ms. */
export const routeDefaults = {
  groupWaitMs: 1_000,
  groupIntervalMs: 30_000,
  repeatMs: 14_400_000,
} as const

/** A receiver's fields where nothing else is written (A62). */
export const receiverDefaults = { sendResolved: true, resendMs: 60_000, alertsMax: 100 } as const
