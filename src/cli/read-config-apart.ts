import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Config } from '../config/config.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import { Secret } from '../std/secret.ts'
import type { ConfigAnswer, ConfigQuestion } from './config-thread.ts'

/**
 * As `readConfig`, but in a thread that ends with it: the schema, its words and the readers of YAML
 * and of expressions take 10 MB, which a server would hold as long as it runs.
 * @throws CONFIG_INVALID
 */
export async function readConfigApart(
  flags: ConfigQuestion['flags'],
  env: ConfigQuestion['env'],
): Promise<Config> {
  const question: ConfigQuestion = { flags, env: { ...env } }
  const entry = new URL('./config-thread.ts', import.meta.url)
  const worker = new Worker(entry, { workerData: question })
  const exited = once(worker, 'exit')
  const [answer] = (await once(worker, 'message')) as [ConfigAnswer]
  await exited
  if ('code' in answer) throw new NocturneError(answer.code, answer.detail)
  const { config, samplingKey } = answer
  if (samplingKey === undefined) return config
  const sampling = { ...config.collect.sampling, key: new Secret(samplingKey) }
  return { ...config, collect: { ...config.collect, sampling } }
}
