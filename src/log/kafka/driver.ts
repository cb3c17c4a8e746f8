import { isIP } from 'node:net'
import { readFile } from 'node:fs/promises'
import {
  Connection,
  Writer,
  apiVersionsV3,
  createTopicsV7,
  deleteTopicsV6,
  describeConfigsV4,
  findCoordinatorV4,
  heartbeatV4,
  initProducerIdV4,
  joinGroupV9,
  leaveGroupV5,
  listGroupsV4,
  listOffsetsV7,
  metadataV12,
  offsetCommitV8,
  offsetFetchV8,
  produceV9,
  syncGroupV5,
} from '@platformatic/kafka'
import type { API, ConnectionOptions, ResponseParser } from '@platformatic/kafka'
import { NocturneError } from '../../model/nocturne-error.ts'
import { connectionError, isOfLogin } from './kafka-error.ts'
import type { BrokerAddress, KafkaOptions } from './kafka-options.ts'

// The one file that knows the driver (ADR 0020).

const CLIENT = 'nocturne'
const FETCH = { key: 1, version: 13 }
const PRODUCE = { key: 0, version: 9 }

/** The requests that we speak, each in one version: the highest that Kafka 3.3 and 4.3 share. */
export const requests = {
  metadata: metadataV12.api,
  findCoordinator: findCoordinatorV4.api,
  createTopics: createTopicsV7.api,
  deleteTopics: deleteTopicsV6.api,
  describeConfigs: describeConfigsV4.api,
  initProducerId: initProducerIdV4.api,
  listOffsets: listOffsetsV7.api,
  joinGroup: joinGroupV9.api,
  syncGroup: syncGroupV5.api,
  heartbeat: heartbeatV4.api,
  leaveGroup: leaveGroupV5.api,
  offsetCommit: offsetCommitV8.api,
  offsetFetch: offsetFetchV8.api,
  listGroups: listGroupsV4.api,
} as const

/** How one connection waits. */
export type ConnectionLimits = { readonly connectMs: number; readonly requestMs: number }

/** One connection to one broker, logged in. Answers come in the order of the requests. */
export class BrokerConnection {
  readonly address: BrokerAddress
  readonly #connection: Connection
  /** Nothing was answered yet, and we did not log in: a broker that wants it ends us now. */
  #isUntried: boolean

  private constructor(address: BrokerAddress, connection: Connection, isLoggedIn: boolean) {
    this.address = address
    this.#connection = connection
    this.#isUntried = !isLoggedIn
  }

  /** @throws LOG_UNAVAILABLE, LOG_TLS_…, LOG_AUTH_FAILED, LOG_UNSUPPORTED. */
  static async open(
    address: BrokerAddress,
    options: Pick<KafkaOptions, 'tls' | 'sasl'>,
    { connectMs, requestMs }: ConnectionLimits,
  ): Promise<BrokerConnection> {
    const { tls, sasl } = options
    const connection = new Connection(CLIENT, {
      connectTimeout: connectMs,
      requestTimeout: requestMs,
      maxInflights: 16,
      ...(await secured(options, address)),
    })
    // Whoever asked hears of it; here only so that an event without a listener is no crash.
    connection.on('error', () => undefined)
    const opened = new BrokerConnection(address, connection, sasl !== undefined)
    try {
      await connection.connect(address.host, address.port)
      await opened.#checkVersions()
      return opened
    } catch (error) {
      connection.close(() => undefined)
      const login = sasl === undefined ? '' : ` (${sasl.mechanism} as ${sasl.username})`
      const told = connectionError(error, `${opened.#where}${isOfLogin(error) ? login : ''}`)
      if (tls !== undefined || !isOfLogin(error)) throw told
      throw (await refusalBeforeLogin(address, { connectMs, requestMs })) ?? told
    }
  }

  get isOpen(): boolean {
    return this.#connection.isConnected()
  }

  /** Asks one of `requests`; error codes inside of the answer are the caller's to read. */
  async ask<Request extends unknown[], Answer>(
    request: API<Request, Answer>,
    ...given: Request
  ): Promise<Answer> {
    try {
      const answer = await request.async(this.#connection, ...given)
      this.#isUntried = false
      return answer
    } catch (error) {
      // The driver throws answers that hold an error anywhere, the rest of them with it.
      if (error instanceof Error && 'response' in error) return error.response as Answer
      throw this.#failed(error)
    }
  }

  /** Sends the body of a Fetch request; answers the body of its response, in one piece. */
  fetch(body: Uint8Array): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    this.#connection.send(
      FETCH.key,
      FETCH.version,
      () => Writer.create().append(asBuffer(body)),
      wholeBody,
      true,
      true,
      (error, answer) => {
        if (answer !== undefined && error === null) resolve(answer)
        else reject(this.#failed(error))
      },
    )
    return promise
  }

  /** Sends the body of a Produce request, which may be in several pieces. */
  produce(body: readonly Uint8Array[]): Promise<ProduceAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<ProduceAnswer>()
    const writer = (): Writer => {
      const into = Writer.create()
      for (const piece of body) into.append(asBuffer(piece))
      return into
    }
    const { key, version } = PRODUCE
    const parse = produceV9.parseResponse
    this.#connection.send(key, version, writer, parse, true, true, (error, answer) => {
      if (error !== null && 'response' in error) resolve(error.response as ProduceAnswer)
      else if (answer !== undefined && error === null) resolve(answer)
      else reject(this.#failed(error))
    })
    return promise
  }

  /** Ends it; what was asked and not answered is rejected. */
  close(): void {
    this.#connection.close(() => undefined)
  }

  get #where(): string {
    return `${this.address.host}:${this.address.port}`
  }

  #failed(error: unknown): NocturneError {
    const told = connectionError(error, this.#where)
    if (!this.#isUntried || told.code !== 'LOG_UNAVAILABLE') return told
    const detail = `${told.detail} before anything was answered: it may want log.kafka.sasl`
    return new NocturneError(told.code, detail, { cause: error })
  }

  async #checkVersions(): Promise<void> {
    const { apiKeys } = await apiVersionsV3.api.async(this.#connection, CLIENT, '1')
    const spoken = [...Object.values(requests), FETCH, PRODUCE]
    for (const { key, version } of spoken) {
      const there = apiKeys.find(({ apiKey }) => apiKey === key)
      if (there && there.minVersion <= version && version <= there.maxVersion) continue
      const has = there === undefined ? 'not at all' : `${there.minVersion} to ${there.maxVersion}`
      const detail = `${this.#where} speaks API ${key} in versions ${has}, and ${version} is needed`
      throw new NocturneError('LOG_UNSUPPORTED', detail)
    }
  }
}

/** A port that wants TLS cuts us off while we log in; what it says to a question tells why. */
async function refusalBeforeLogin(
  address: BrokerAddress,
  limits: ConnectionLimits,
): Promise<NocturneError | undefined> {
  try {
    const connection = await BrokerConnection.open(address, {}, limits)
    connection.close()
    return undefined
  } catch (error) {
    if (!(error instanceof NocturneError)) throw error
    return error.code === 'LOG_UNAVAILABLE' ? undefined : error
  }
}

/** Per partition what became of its batch. */
export type ProduceAnswer = {
  readonly responses: readonly {
    readonly name: string
    readonly partitionResponses: readonly {
      readonly index: number
      readonly errorCode: number
      readonly errorMessage?: string | null | undefined
    }[]
  }[]
}

type Reader = Parameters<ResponseParser<unknown>>[3]

/** The whole body of a response in one piece. */
const wholeBody: ResponseParser<Uint8Array> = (...given: [number, number, number, Reader]) =>
  given[3].buffer.buffer

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

/** Certificates and password as they are now. */
async function secured(
  { tls, sasl }: Pick<KafkaOptions, 'tls' | 'sasl'>,
  { host }: BrokerAddress,
): Promise<ConnectionOptions> {
  const given: ConnectionOptions = {}
  if (tls !== undefined) {
    const { caFile, certFile, keyFile, serverName } = tls
    given.tls = {
      ...(caFile !== undefined && { ca: await secretFile(caFile) }),
      ...(certFile !== undefined && { cert: await secretFile(certFile) }),
      ...(keyFile !== undefined && { key: await secretFile(keyFile) }),
      ...(serverName !== undefined && { servername: serverName }),
    }
    // An address is no name that TLS could send.
    if (serverName !== undefined) given.tlsServerName = serverName
    else if (isIP(host) === 0) given.tlsServerName = host
  }
  if (sasl !== undefined) {
    const { mechanism, username, passwordFile } = sasl
    given.sasl = { mechanism, username, password: (await secretFile(passwordFile)).trimEnd() }
  }
  return given
}

async function secretFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new NocturneError('LOG_SECRET_UNREADABLE', String(error), { cause: error })
  }
}
