import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import {
  Client,
  credentials,
  Metadata,
  type ChannelCredentials,
  type ClientOptions,
} from '@grpc/grpc-js'
import { NocturneError } from '../../model/nocturne-error.ts'
import { authorityOf } from '../../std/authority.ts'
import { isLoopback } from '../../std/is-loopback.ts'
import { decodeMessage, encodeMessage } from '../../wire/spark-connect/codec.ts'
import type { MessageName, MessageOf } from '../../wire/spark-connect/messages.ts'
import type { SparkAddress } from '../spark-session.ts'
import { CallFailure, GrpcStatus } from './call-failure.ts'

const SERVICE = '/spark.connect.SparkConnectService'
const UNARY_MS_MAX = 60_000
const RECEIVED_BYTES_MAX = 64 * 1_048_576
const TOKEN_BYTES_MAX = 8_192
/** No host has it. */
const NO_NAME = 'by-address.invalid'

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
  readonly #channel: ChannelCredentials
  readonly #calls = new Set<{ cancel(): void }>()
  #client: Client
  #isClosed = false

  private constructor(address: SparkAddress, channel: ChannelCredentials) {
    this.#address = address
    this.#channel = channel
    this.#client = clientOf(address, channel)
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
    return new SparkChannel(address, sslOf(address, ca))
  }

  async unary<Name extends keyof UnaryCalls>(
    name: Name,
    request: MessageOf<UnaryCalls[Name][0]>,
    msMax = UNARY_MS_MAX,
  ): Promise<MessageOf<UnaryCalls[Name][1]>> {
    const [requestName, responseName]: UnaryCalls[Name] = unaryCalls[name]
    const argument = encodeMessage(requestName, request)
    const metadata = await this.#metadata()
    const bytes = await this.#unary(name, argument, { metadata, msMax })
    const answer = decodeMessage<UnaryCalls[Name][1]>(responseName, bytes)
    return answer ?? invalid(name)
  }

  #unary(
    name: string,
    argument: Uint8Array,
    { metadata, msMax }: { readonly metadata: Metadata; readonly msMax: number },
  ): Promise<Uint8Array> {
    const client = this.#open()
    const given = [argument, metadata, { deadline: Date.now() + msMax }] as const
    const path = `${SERVICE}/${name}`
    return new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(path, toBuffer, same, ...given, (error, value) => {
        this.#calls.delete(call)
        if (error) reject(this.#failed(client, error))
        else resolve(value ?? new Uint8Array(0))
      })
      this.#calls.add(call)
    })
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
    const client = this.#open()
    const given = [argument, metadata, { deadline: Date.now() + msMax }] as const
    const path = `${SERVICE}/${name}`
    const call = client.makeServerStreamRequest(path, toBuffer, same, ...given)
    const cancel = (): void => call.cancel()
    // One that is cancelled after we have left says so, to nobody.
    call.on('error', () => undefined)
    signal?.addEventListener('abort', cancel, { once: true })
    this.#calls.add(call)
    try {
      for await (const bytes of call) {
        if (!(bytes instanceof Uint8Array)) invalid(name)
        yield decodeMessage('ExecutePlanResponse', bytes) ?? invalid(name)
      }
    } catch (error) {
      throw this.#failed(client, error)
    } finally {
      this.#calls.delete(call)
      signal?.removeEventListener('abort', cancel)
      cancel()
    }
  }

  /** Ends the calls in hand too. */
  close(): void {
    this.#isClosed = true
    for (const call of this.#calls) call.cancel()
    this.#client.close()
  }

  #open(): Client {
    if (this.#isClosed) throw new NocturneError('SPARK_UNAVAILABLE', 'we have closed it')
    return this.#client
  }

  /** A deadline that passed may mean a dead connection: calls from now on get another. */
  #failed(client: Client, error: unknown): Error {
    const failure = failureOf(error)
    const isLate = failure instanceof CallFailure && failure.status === GrpcStatus.deadlineExceeded
    if (isLate && client === this.#client && !this.#isClosed) {
      client.close()
      this.#client = clientOf(this.#address, this.#channel)
    }
    return failure
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

function clientOf(address: SparkAddress, channel: ChannelCredentials): Client {
  return new Client(authorityOf(address), channel, {
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
    ...namesOf(address),
  })
}

/**
 * The library would send an address as the name of a host, which TLS has no room for: another one
 * is sent, and the certificate is still checked for the address.
 * @throws SPARK_SECRET_UNREADABLE where the file holds no certificate.
 */
function sslOf({ host, tls }: SparkAddress, ca: Buffer | null): ChannelCredentials {
  const isByAddress = tls?.serverName === undefined && isIP(host) !== 0
  try {
    return credentials.createSsl(ca, null, null, {
      ...(isByAddress && { checkServerIdentity: (_, shown) => checkServerIdentity(host, shown) }),
    })
  } catch (error) {
    const text = `${tls?.caFile ?? 'the system’s authorities'}: ${String(error)}`
    throw new NocturneError('SPARK_SECRET_UNREADABLE', text, { cause: error })
  }
}

function namesOf({ host, tls }: SparkAddress): ClientOptions {
  if (tls === undefined) return {}
  if (tls.serverName === undefined) {
    return isIP(host) === 0 ? {} : { 'grpc.ssl_target_name_override': NO_NAME }
  }
  return {
    'grpc.ssl_target_name_override': tls.serverName,
    'grpc.default_authority': tls.serverName,
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
