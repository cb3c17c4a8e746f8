import type { TestContext } from 'node:test'
import {
  Metadata,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js'
import { decodeMessage, encodeMessage } from '../../wire/spark-connect/codec.ts'
import type { MessageOf } from '../../wire/spark-connect/messages.ts'
import type { Clock } from '../../std/clock.ts'
import type { SparkAddress } from '../spark-session.ts'
import { GrpcStatus } from './call-failure.ts'

const SERVER_SIDE = 's1'
const SERVICE = '/spark.connect.SparkConnectService'

/** What befalls one stream, in turn; streams that none is left for are served whole. */
export type Fault =
  /** The request never reaches the operations. */
  | { readonly kind: 'lost' }
  /** So many responses, then an end in order, as after two minutes. */
  | { readonly kind: 'cut'; readonly after: number }
  /** So many responses, then the connection is gone. */
  | { readonly kind: 'dropped'; readonly after: number }
  /** So many responses, then nothing more. */
  | { readonly kind: 'stuck'; readonly after: number }
  /** So many responses, then another stream has taken over, as the server believes. */
  | { readonly kind: 'kicked'; readonly after: number }
  /** The operation is forgotten, and whoever asks is told so. */
  | { readonly kind: 'forgotten' }
  /** Spark's own refusal, with its condition and the id of its details. */
  | { readonly kind: 'refused'; readonly errorClass: string; readonly text: string }
  /** What gRPC says by itself. */
  | { readonly kind: 'status'; readonly status: number; readonly text: string }
  /** Nothing, for as long as the client lets it stand. */
  | { readonly kind: 'silent' }

type Answer = MessageOf<'ExecutePlanResponse'>
type Unary = ServerUnaryCall<Uint8Array, Uint8Array>
type Done = sendUnaryData<Uint8Array>
type Streaming = ServerWritableStream<Uint8Array, Uint8Array>

/** A server over loopback that keeps operations as Spark does, and loses what it is told to. */
export class LossyServer {
  /** Of each operation, in order, before its last one; set before it is asked for. */
  responses: readonly Answer[] = []
  faults: Fault[] = []
  /** Befalls all unary calls but releases of operations and questions after errors. */
  unaryFault: Fault | undefined
  version = '4.2.0'
  /** Answered instead of a version. */
  garbage: Uint8Array | undefined
  details: MessageOf<'FetchErrorDetailsResponse'> = {}
  /** What has reached it: `ExecutePlan`, `ReattachExecute r2`, `ReleaseExecute until r2`. */
  readonly asked: string[] = []
  readonly tokens: string[] = []
  readonly observed: (string | undefined)[] = []
  /** From where each unary call came: a port a connection. */
  readonly peers: string[] = []
  readonly sessions: (string | undefined)[] = []
  /** How often each operation was begun. */
  readonly begun = new Map<string, number>()
  /** The plans, as they came. */
  readonly plans: MessageOf<'Plan'>[] = []
  readonly address: SparkAddress

  private constructor(port: number) {
    this.address = { host: '127.0.0.1', port }
  }

  static async open(
    t: TestContext,
    secured: ServerCredentials = ServerCredentials.createInsecure(),
  ): Promise<LossyServer> {
    const server = new Server()
    let lossy: LossyServer | undefined
    const own = () => lossy!
    server.addService(
      {
        ...definitionOf('ExecutePlan', true),
        ...definitionOf('ReattachExecute', true),
        ...definitionOf('AnalyzePlan', false),
        ...definitionOf('Config', false),
        ...definitionOf('ReleaseExecute', false),
        ...definitionOf('ReleaseSession', false),
        ...definitionOf('FetchErrorDetails', false),
      },
      {
        ExecutePlan: (call: Streaming) => own().#execute(call),
        ReattachExecute: (call: Streaming) => own().#reattach(call),
        AnalyzePlan: (call: Unary, done: Done) => own().#unary(call, done, analyzed),
        Config: (call: Unary, done: Done) => own().#unary(call, done, configured),
        ReleaseSession: (call: Unary, done: Done) => own().#unary(call, done, nothing),
        ReleaseExecute: (call: Unary, done: Done) => done(null, own().#release(call.request)),
        FetchErrorDetails: (_: Unary, done: Done) =>
          done(null, encodeMessage('FetchErrorDetailsResponse', own().details)),
      },
    )
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', secured, (error, bound) =>
        error ? reject(error) : resolve(bound),
      )
    })
    lossy = new LossyServer(port)
    t.after(() => server.forceShutdown())
    return lossy
  }

  #unary(call: Unary, done: Done, answer: (server: LossyServer) => Uint8Array): void {
    // Of all three the session has the same number, of the first the server's as well.
    const { sessionId, observed } = decodeMessage('AnalyzePlanRequest', call.request) ?? {}
    this.tokens.push(String(call.metadata.get('authorization')[0] ?? ''))
    this.peers.push(call.getPeer())
    this.sessions.push(sessionId)
    this.observed.push(observed)
    const fault = this.unaryFault
    if (fault?.kind === 'refused') return done(refusalOf(fault.errorClass, fault.text))
    if (fault?.kind === 'status') return done({ code: fault.status, details: fault.text })
    done(null, answer(this))
  }

  #execute(call: Streaming): void {
    const { operationId = '', plan = {} } = decodeMessage('ExecutePlanRequest', call.request) ?? {}
    this.asked.push('ExecutePlan')
    const fault = this.faults.shift()
    if (fault?.kind === 'lost') return fail(call, GrpcStatus.unavailable, 'connection dropped')
    if (this.begun.has(operationId)) return refuse(call, 'INVALID_HANDLE.OPERATION_ALREADY_EXISTS')
    this.begun.set(operationId, (this.begun.get(operationId) ?? 0) + 1)
    this.plans.push(plan)
    this.#serve(call, { operationId, from: 0, fault })
  }

  #reattach(call: Streaming): void {
    const request = decodeMessage('ReattachExecuteRequest', call.request) ?? {}
    const { operationId = '', lastResponseId } = request
    this.asked.push(['ReattachExecute', lastResponseId].filter(Boolean).join(' '))
    const fault = this.faults.shift()
    if (fault?.kind === 'lost') return fail(call, GrpcStatus.unavailable, 'connection dropped')
    if (!this.begun.has(operationId)) return refuse(call, 'INVALID_HANDLE.OPERATION_NOT_FOUND')
    const from = lastResponseId === undefined ? 0 : Number(lastResponseId.slice(1))
    this.#serve(call, { operationId, from, fault })
  }

  #serve(
    call: Streaming,
    {
      operationId,
      from,
      fault,
    }: { readonly operationId: string; readonly from: number; readonly fault: Fault | undefined },
  ): void {
    const all = [...this.responses, { resultComplete: {} }]
    const upTo = fault && 'after' in fault ? Math.min(all.length, from + fault.after) : all.length
    if (fault === undefined || 'after' in fault) {
      for (let i = from; i < upTo; i++) {
        const responseId = `r${i + 1}`
        const answer = { ...all[i], operationId, responseId, serverSideSessionId: SERVER_SIDE }
        call.write(encodeMessage('ExecutePlanResponse', answer))
      }
    }
    switch (fault?.kind) {
      case 'dropped':
        return fail(call, GrpcStatus.unavailable, 'connection dropped')
      case 'kicked':
        return refuse(call, 'INVALID_CURSOR.DISCONNECTED')
      case 'forgotten':
        this.begun.delete(operationId)
        return refuse(call, 'INVALID_HANDLE.OPERATION_NOT_FOUND')
      case 'refused':
        return refuse(call, fault.errorClass, fault.text)
      case 'status':
        return fail(call, fault.status, fault.text)
      case 'silent':
      case 'stuck':
        return
      default:
        call.end()
    }
  }

  #release(bytes: Uint8Array): Uint8Array {
    const { releaseUntil } = decodeMessage('ReleaseExecuteRequest', bytes) ?? {}
    const what = releaseUntil ? `until ${releaseUntil.responseId ?? ''}` : 'all'
    this.asked.push(`ReleaseExecute ${what}`)
    return new Uint8Array(0)
  }
}

/** A clock whose sleeps are over at once, and move it on. */
export class HastyClock implements Clock {
  readonly slept: number[] = []
  /** How much longer than it was told each sleep is. */
  lateMs = 0
  #now = 1_795_383_150_000

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept.push(ms)
    if (!signal?.aborted) this.#now += ms + this.lateMs
    return new Promise((resolve) => void setImmediate(resolve))
  }

  pass(ms: number): void {
    this.#now += ms
  }
}

const same = (bytes: Uint8Array): Uint8Array => bytes

function definitionOf(name: string, responseStream: boolean) {
  return {
    [name]: {
      path: `${SERVICE}/${name}`,
      requestStream: false as const,
      responseStream,
      requestSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
      requestDeserialize: same,
      responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
      responseDeserialize: same,
    },
  }
}

function fail(call: Streaming, code: number, details: string): void {
  call.emit('error', { code, details })
}

function refuse(call: Streaming, errorClass: string, text = errorClass): void {
  call.emit('error', refusalOf(errorClass, text))
}

function refusalOf(errorClass: string, text: string) {
  const entries = new Map([
    ['errorClass', errorClass],
    ['errorId', 'e1'],
  ])
  const info = encodeMessage('ErrorInfo', { reason: 'r', domain: 'd', metadata: entries })
  const typeUrl = 'type.googleapis.com/google.rpc.ErrorInfo'
  const status = { code: 13, message: text, details: [{ typeUrl, value: info }] }
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', Buffer.from(encodeMessage('Status', status)))
  return { code: GrpcStatus.internal, details: text, metadata }
}

const nothing = (): Uint8Array => new Uint8Array(0)

const configured = (): Uint8Array =>
  encodeMessage('ConfigResponse', { serverSideSessionId: SERVER_SIDE })

const analyzed = ({ version, garbage }: LossyServer): Uint8Array =>
  garbage ??
  encodeMessage('AnalyzePlanResponse', {
    sparkVersion: { version },
    serverSideSessionId: SERVER_SIDE,
  })
