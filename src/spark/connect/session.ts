import { randomUUID } from 'node:crypto'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { Clock } from '../../std/clock.ts'
import type { SparkAddress, SparkSession } from '../spark-session.ts'
import { SparkChannel } from './spark-channel.ts'
import { entriesOf, relationMessage } from './relation-message.ts'
import { SessionCalls } from './session-calls.ts'
import { SessionQueries } from './session-queries.ts'

const APPEND = 1
const OVERWRITE = 2
/** Older ones lack `tuple_sketch_agg_double`. */
const VERSION_MIN = [4, 2] as const

/** What a session is opened with. */
export type SparkSessionGiven = {
  readonly clock: Clock
  /** A session belongs to a user: with another one its id names another session. */
  readonly userId: string
  /** Of a session to go on with (Z2); a new one, when not said. */
  readonly sessionId?: string
}

/**
 * Asks a server for its version and opens a session there, or goes on with one. After
 * SPARK_SESSION_CHANGED open the same again, after SPARK_SESSION_CLOSED a new one, and close the
 * old one in both cases. @throws SPARK_* of the error catalogue.
 */
export async function openSparkSession(
  address: SparkAddress,
  { clock, userId, sessionId = randomUUID() }: SparkSessionGiven,
): Promise<SparkSession> {
  const channel = await SparkChannel.open(address)
  const calls = new SessionCalls(channel, clock, { userId, sessionId })
  try {
    const version = await calls.version()
    if (!isKnown(version)) throw new NocturneError('SPARK_VERSION', `it is Spark ${version}`)
  } catch (error) {
    channel.close()
    throw error
  }
  return sessionOf(calls, sessionId)
}

function isKnown(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  return major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1])
}

function sessionOf(calls: SessionCalls, id: string): SparkSession {
  return {
    id,
    queries: new SessionQueries(calls),
    version: () => calls.version(),
    configure: (settings) => calls.configure(settings),
    view: async (name, relation) => {
      const input = relationMessage(relation)
      const createDataframeView = { input, name, isGlobal: false, replace: true }
      await calls.command({ createDataframeView }, () => undefined)
    },
    write: async ({ input, format, options, path, mode }) => {
      const writeOperation = {
        input: relationMessage(input),
        source: format,
        ...(path !== undefined && { path }),
        mode: mode === 'append' ? APPEND : OVERWRITE,
        options: entriesOf(options),
      }
      await calls.command({ writeOperation }, () => undefined)
    },
    release: () => calls.release(),
    close: () => calls.close(),
  }
}
