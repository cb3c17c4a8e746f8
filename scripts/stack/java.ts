import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runGuarded } from './guarded-child.ts'

const run = promisify(execFile)

const FETCH_MS_MAX = 300_000
const TOOL_MS_MAX = 90_000
const TOOL_BYTES_MAX = 64 * 1_048_576

/** A set of jars that `jars.sh` knows. */
export type JarSet = 'kafka' | 'kafka39' | 'zookeeper' | 'cassandra' | 'spark'

/** The flags that send a set's log to standard error. */
const LOGGING: Readonly<Record<JarSet, string>> = {
  kafka: `-Dlog4j2.configurationFile=file:${join(import.meta.dirname, 'log4j2.properties')}`,
  kafka39: `-Dlog4j.configuration=file:${join(import.meta.dirname, 'log4j.properties')}`,
  zookeeper: `-Dlogback.configurationFile=${join(import.meta.dirname, 'logback.xml')}`,
  cassandra: `-Dlogback.configurationFile=${join(import.meta.dirname, 'logback.xml')}`,
  spark: `-Dlog4j2.configurationFile=file:${join(import.meta.dirname, 'log4j2.properties')}`,
}

/** The folder of a set of jars, fetched with Maven when it is not there yet. */
export async function jarFolder(set: JarSet): Promise<string> {
  const script = join(import.meta.dirname, 'jars.sh')
  const { stdout } = await run('bash', [script, set], { timeout: FETCH_MS_MAX })
  return stdout.trim()
}

/** A class of a set and what it is started with. */
export type JavaStart = {
  readonly set: JarSet
  readonly flags: readonly string[]
  readonly className: string
  readonly args: readonly string[]
}

/** The command line that runs a class of a set of jars. */
export async function javaCommand({ set, flags, className, args }: JavaStart): Promise<string[]> {
  const path = join(await jarFolder(set), '*')
  const quiet = [LOGGING[set], '-Djava.awt.headless=true', '-XX:-UsePerfData']
  return ['java', ...flags, ...quiet, '-cp', path, className, ...args]
}

/** What one of Kafka's own tools is asked. */
export type ToolCall = {
  readonly set: JarSet
  readonly className: string
  readonly args: readonly string[]
  readonly input?: string
}

/** Runs a tool to its end and gives its standard output; throws with its words if it fails. */
export async function runTool({ input, ...call }: ToolCall): Promise<string> {
  // A tool lives for a second or two: the quick compiler and the plain collector pay off.
  const flags = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const command = await javaCommand({ ...call, flags })
  const bounds = { msMax: TOOL_MS_MAX, bytesMax: TOOL_BYTES_MAX }
  try {
    return await runGuarded(command, { ...bounds, ...(input !== undefined && { input }) })
  } catch (error) {
    throw new Error(`${call.className} failed: ${String(error)}`, { cause: error })
  }
}
