import { parentPort, workerData } from 'node:worker_threads'
import type { Config } from '../config/config.ts'
import type { ErrorCode } from '../model/error-catalogue.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { readConfig, type ConfigFlags } from './read-config.ts'

export type ConfigQuestion = {
  readonly flags: ConfigFlags
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Plain data: the one secret that a configuration holds goes beside it. */
export type ConfigAnswer =
  | { readonly config: Config; readonly samplingKey: Uint8Array | undefined }
  | { readonly code: ErrorCode; readonly detail: string }

function answer({ flags, env }: ConfigQuestion): ConfigAnswer {
  try {
    const config = readConfig(flags, { env })
    const { key, ...sampling } = config.collect.sampling
    const plain = { ...config, collect: { ...config.collect, sampling } }
    return { config: plain, samplingKey: key?.reveal() }
  } catch (error) {
    if (error instanceof NocturneError) return { code: error.code, detail: error.detail }
    throw error
  }
}

parentPort?.postMessage(answer(workerData as ConfigQuestion))
