import type { Log } from '../../log/log.ts'
import { FinalWindows, replayedSteps, writeLines } from '../replay-results.ts'

/** Where results are written, beside being counted. */
export type ResultFiles = { readonly windowsPath?: string; readonly transitionsPath?: string }

/** What a run that has come to its end has made. */
export type FinalResults = {
  readonly windows: number
  readonly transitions: number
  /** SHA-256 over the final windows: equal windows, equal digest. */
  readonly digest: string
}

/** Counts and writes the final windows and the steps of alerts that a log holds. */
export async function finalResults(log: Log, files: ResultFiles): Promise<FinalResults> {
  const { windowsPath, transitionsPath } = files
  const windows = await FinalWindows.of(log)
  const steps = await replayedSteps(log)
  if (windowsPath !== undefined) await writeLines(windowsPath, windows.lines())
  if (transitionsPath !== undefined) {
    await writeLines(
      transitionsPath,
      steps.map((step) => `${JSON.stringify(step)}\n`),
    )
  }
  return { windows: windows.count, transitions: steps.length, digest: windows.digest() }
}
