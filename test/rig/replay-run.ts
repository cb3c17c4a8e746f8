import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { replay, type ReplaySummary } from '../../src/app/replay.ts'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Step } from '../../src/model/step.ts'
import { readFinalWindows, type FinalWindow } from './final-windows.ts'

/** A configuration that a test needs whole: a mistake in it ends the test. */
export function configOf(given: { readonly file?: string; readonly text?: string }): Config {
  const loaded = loadConfig({ ...given, env: {} })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors))
  return loaded.config
}

/** What came out of one replay. */
export type Replayed = {
  readonly summary: ReplaySummary
  /** W.ndjson and T.ndjson, read back. */
  readonly windows: readonly FinalWindow[]
  readonly steps: readonly Omit<Step, 'receipt'>[]
}

/** Replays a recording into a temporary folder in this process, and reads back what it wrote. */
export async function replayed(
  path: string,
  config: Config,
  given: { readonly partitions?: number; readonly batchRows?: number } = {},
): Promise<Replayed> {
  const folder = await mkdtemp(join(tmpdir(), 'nocturne-replayed-'))
  const [windowsPath, transitionsPath] = [join(folder, 'W.ndjson'), join(folder, 'T.ndjson')]
  try {
    const summary = await replay({
      path,
      config,
      dataFolder: folder,
      partitions: given.partitions ?? 4,
      batchRows: given.batchRows ?? 10_000,
      windowsPath,
      transitionsPath,
      progress: { readBytes: 0, rows: 0 },
      rssMb: () => 0,
    })
    const steps = lines(await readFile(transitionsPath, 'utf8')) as Replayed['steps']
    return { summary, windows: await readFinalWindows(windowsPath), steps }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * All steps in one short text, so that a difference does not print thousands of them. Windows are
 * left out: their `rev` counts the sources that closed, and so tells the number of partitions.
 */
export const stepsDigest = (steps: Replayed['steps']): string =>
  createHash('sha256')
    .update(steps.map((step) => JSON.stringify({ ...step, window: undefined })).join('\n'))
    .digest('hex')

const lines = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
