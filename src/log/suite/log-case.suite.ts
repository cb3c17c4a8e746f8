import type { LogRig } from './log-rig.suite.ts'

/** One promise of the seam; the title begins with its id in brackets. */
export type LogCase = { readonly title: string; readonly run: (rig: LogRig) => Promise<void> }
