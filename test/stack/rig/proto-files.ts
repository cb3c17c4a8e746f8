import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import protobuf from 'protobufjs'

const run = promisify(execFile)
const OUTPUT_BYTES_MAX = 8 * 1_048_576
const PATTERNS = ['spark/connect/*.proto', 'google/rpc/*.proto', 'google/protobuf/*.proto']

/** The definitions of messages that the jar of a Spark Connect server carries. */
export async function protoFiles(jars: string): Promise<protobuf.Root> {
  const names = await readdir(jars)
  const jar = names.find((name) => /^spark-connect_.*\.jar$/.test(name))
  if (jar === undefined) throw new Error(`no server of Spark Connect among ${names.length} jars`)
  const root = new protobuf.Root()
  const limits = { maxBuffer: OUTPUT_BYTES_MAX }
  const { stdout: list } = await run('unzip', ['-Z1', join(jars, jar), ...PATTERNS], limits)
  for (const file of list.split('\n').filter((line) => line !== '')) {
    const { stdout: text } = await run('unzip', ['-p', join(jars, jar), file], limits)
    protobuf.parse(text, root)
  }
  root.resolveAll()
  return root
}
