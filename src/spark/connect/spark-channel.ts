import { readFile } from 'node:fs/promises'
import {
  Client,
  credentials,
  Metadata,
  type ChannelCredentials,
  type ClientReadableStream,
} from '@grpc/grpc-js'
import { NocturneError } from '../../model/nocturne-error.ts'
import { decodeMessage, encodeMessage } from '../../wire/spark-connect/codec.ts'
import type { MessageName, MessageOf } from '../../wire/spark-connect/messages.ts'
import type { SparkAddress } from '../spark-session.ts'
import { CallFailure } from './call-failure.ts'

const SERVICE = '/spark.connect.SparkConnectService'
const UNARY_MS_MAX = 60_000
const RECEIVED_BYTES_MAX = 64 * 1_048_576
const TOKEN_BYTES_MAX = 8_192

const unaryCalls = {
  AnalyzePlan: ['AnalyzePlanRequest', 'AnalyzePlanResponse'],
  Config: ['ConfigRequest', 'ConfigResponse'],
  FetchErrorDetails: ['FetchErrorDetailsRequest', 'FetchErrorDetailsResponse'],
  ReleaseExecute: ['ReleaseExecuteRequest', 'Empty'],
  ReleaseSession: ['ReleaseSessionRequest', 'Empty'],
} as const satisfies Record<string, readonly [request: MessageName, response: MessageName]>

type UnaryCalls = typeof unaryCalls

const streamCalls = {
  ExecutePlan: 'ExecutePlanRequest',
  ReattachExecute: 'ReattachExecuteRequest',
} as const satisfies Record<string, MessageName>

type StreamCalls = typeof streamCalls

/** One connection to a server. @throws CallFailure, or SPARK_* of the error catalogue. */
export class SparkChannel {
  readonly #address: SparkAddress
  readonly #client: Client

  private constructor(address: SparkAddress, channel: ChannelCredentials) {
    this.#address = address
    const { host, port, tls } = address
    this.#client = new Client(`${host.includes(':') ? `[${host}]` : host}:${port}`, channel, {
      'grpc.max_receive_message_length': RECEIVED_BYTES_MAX,
      // What is repeated, and how, is ours to decide (Z1).
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
      // A proxy of the environment would be sent the token.
      'grpc.enable_http_proxy': 0,
      // Who opens a session anew gets a connection that is new.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
      ...(tls?.serverName !== undefined && {
        'grpc.ssl_target_name_override': tls.serverName,
        'grpc.default_authority': tls.serverName,
      }),
    })
  }

  /** Sends nothing yet. @throws SPARK_TOKEN_IN_CLEAR, SPARK_SECRET_UNREADABLE. */
  static async open(address: SparkAddress): Promise<SparkChannel> {
    const { host, tls, tokenFile } = address
    if (tls === undefined) {
      if (tokenFile !== undefined && !isLoopback(host)) {
        throw new NocturneError('SPARK_TOKEN_IN_CLEAR', `${host} without tls`)
      }
      return new SparkChannel(address, credentials.createInsecure())
    }
    const ca = tls.caFile === undefined ? null : await secretOf(tls.caFile)
    return new SparkChannel(address, credentials.createSsl(ca))
  }

  async unary<Name extends keyof UnaryCalls>(
    name: Name,
    request: MessageOf<UnaryCalls[Name][0]>,
    msMax = UNARY_MS_MAX,
  ): Promise<MessageOf<UnaryCalls[Name][1]>> {
    const [requestName, responseName]: UnaryCalls[Name] = unaryCalls[name]
    const argument = encodeMessage(requestName, request)
    const metadata = await this.#metadata()
    const bytes = await new Promise<Uint8Array>((resolve, reject) => {
      const options = { deadline: Date.now() + msMax }
      const path = `${SERVICE}/${name}`
      this.#client.makeUnaryRequest(path, toBuffer, same, argument, metadata, options, (...got) => {
        const [error, value] = got
        if (error) reject(failureOf(error))
        else resolve(value ?? new Uint8Array(0))
      })
    })
    const answer = decodeMessage<UnaryCalls[Name][1]>(responseName, bytes)
    return answer ?? invalid(name)
  }

  /** Ends without an error too when the server cuts it. Leaving the loop cancels the call. */
  async *stream<Name extends keyof StreamCalls>(
    name: Name,
    request: MessageOf<StreamCalls[Name]>,
    { msMax, signal }: { readonly msMax: number; readonly signal?: AbortSignal | undefined },
  ): AsyncGenerator<MessageOf<'ExecutePlanResponse'>, void, undefined> {
    const requestName: StreamCalls[Name] = streamCalls[name]
    const argument = encodeMessage(requestName, request)
    const metadata = await this.#metadata()
    signal?.throwIfAborted()
    const options = { deadline: Date.now() + msMax }
    const path = `${SERVICE}/${name}`
    const call: ClientReadableStream<Uint8Array> = this.#client.makeServerStreamRequest(
      ...([path, toBuffer, same, argument, metadata, options] as const),
    )
    const cancel = (): void => call.cancel()
    // One that is cancelled after we have left says so, to nobody.
    call.on('error', () => undefined)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      for await (const bytes of call) {
        if (!(bytes instanceof Uint8Array)) invalid(name)
        yield decodeMessage('ExecutePlanResponse', bytes) ?? invalid(name)
      }
    } catch (error) {
      throw failureOf(error)
    } finally {
      signal?.removeEventListener('abort', cancel)
      cancel()
    }
  }

  close(): void {
    this.#client.close()
  }

  /** The token is read for each call, so that one that was changed holds from the next call on. */
  async #metadata(): Promise<Metadata> {
    const metadata = new Metadata()
    const { tokenFile } = this.#address
    if (tokenFile === undefined) return metadata
    const token = (await secretOf(tokenFile)).toString('utf8').trim()
    if (!/^[\x21-\x7e]+$/.test(token) || token.length > TOKEN_BYTES_MAX) {
      throw new NocturneError('SPARK_SECRET_UNREADABLE', `${tokenFile} holds no token`)
    }
    metadata.set('authorization', `Bearer ${token}`)
    return metadata
  }
}

const same = (bytes: Buffer): Uint8Array => bytes
const toBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function invalid(name: string): never {
  throw new NocturneError('SPARK_ANSWER_INVALID', `its answer to ${name} is no message of Spark`)
}

async function secretOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new NocturneError('SPARK_SECRET_UNREADABLE', String(error), { cause: error })
  }
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

/** An error of the library as a failure of ours; what is none of its errors stays as it is. */
function failureOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  if (!('code' in error && typeof error.code === 'number')) return error
  const text = 'details' in error && typeof error.details === 'string' ? error.details : ''
  const metadata = 'metadata' in error && error.metadata instanceof Metadata ? error.metadata : null
  const [trailer] = metadata?.get('grpc-status-details-bin') ?? []
  return new CallFailure({
    status: error.code,
    text: text === '' ? error.message : text,
    ...(trailer instanceof Uint8Array && { trailer }),
  })
}
