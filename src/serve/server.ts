import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { errorCatalogue, type ErrorCode } from '../model/error-catalogue.ts'
import type { MonitorSpec } from '../model/monitor.ts'
import { NocturneError } from '../model/nocturne-error.ts'
import type { Cells, ErrorAnswer, Sites, Snapshot } from './contract.ts'
import { LiveFeed } from './feed/live-feed.ts'
import { tailLogs } from './view/live-tail.ts'
import { LiveView } from './view/live-view.ts'
import { hostFault } from './answer/request-fault.ts'
import { responseHeaders } from './answer/response-headers.ts'
import type { Route } from './route/route.ts'
import { routes } from './route/routes.ts'
import type { ServeContext, ServeOptions } from './serve-context.ts'
import type { WallFile } from './wall-files.ts'

/** A server that was made and does not listen yet. */
export interface NocturneServer {
  /** For `inject` in tests. */
  readonly http: FastifyInstance
  readonly view: LiveView
  /** Begins to listen and to send a picture each second; answers the address, `http://…:port`. */
  listen(): Promise<string>
  /** Follows the logs until the signal aborts. @throws what the log throws: begin again. */
  tail(signal: AbortSignal): Promise<void>
  /** Shows other monitors from now on (A75). */
  adopt(monitors: readonly MonitorSpec[]): void
  /** Tells walls `bye`, ends all answers and resolves when every connection is gone. */
  close(): Promise<void>
}

/** R15. */
const HEADER_BYTES_MAX = 16_384
const HEADERS_MS_MAX = 10_000
const REQUEST_MS_MAX = 30_000
const CONNECTIONS_MAX = 1_000
/** Walls at once: each waits with at most its own queue. */
const FEEDS_MAX = 500
const PULSE_MS = 1_000

/** Paths that are screens of the wall: each answers its one page. */
const SCREENS = ['/', '/feed', '/stream/*'] as const

const viewOf = ({ config, monitors, logView, engines }: ServeOptions): LiveView =>
  new LiveView({ ...config, monitors, ...(logView && { logView }), ...(engines && { engines }) })

/** Makes the HTTP API, the live feed and the wall of one process; nothing runs before `listen`. */
export function createServer(options: ServeOptions): NocturneServer {
  const { clock, config } = options
  const stopping = new AbortController()
  const view = viewOf(options)
  let { cells, sites } = view.pulse(clock.now())
  const feed = new LiveFeed({
    clock,
    epoch: options.epoch,
    jitter: options.jitter,
    count: options.count,
    clientsMax: FEEDS_MAX,
    hello: () => {
      const { epoch } = options
      return { epoch, now: clock.now(), build: config.build, you: config.you }
    },
    snapshot: (asOf, stepsSeq) => snapshotOf(view, { asOf, stepsSeq, cells, sites }),
  })
  const context: ServeContext = { ...options, view, feed, stopping: stopping.signal }
  const http = createHttp(context)
  const pulse = (): void => {
    const beat = view.pulse(clock.now())
    cells = beat.cells
    sites = beat.sites
    if (beat.roster !== undefined) feed.publish('roster', beat.roster)
    feed.publish('cells', cells)
    feed.publish('sites', sites)
    feed.tick()
  }
  const beat = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      pulse()
      await clock.sleep(PULSE_MS, stopping.signal)
    }
  }
  let beating = Promise.resolve()
  return {
    http,
    view,
    adopt: (list) => view.monitors.adopt(list),
    async listen() {
      const address = await http.listen({ host: config.host, port: config.port })
      beating = beat()
      return address
    },
    tail: (signal) =>
      tailLogs(
        {
          log: options.log,
          view,
          clock,
          lane: options.lane,
          count: options.count,
          onLive: () => {
            pulse()
            feed.restart()
          },
          onSteps: (changes) => feed.publish('steps', { prev: feed.stepsSeq, ...changes }),
        },
        signal,
      ),
    async close() {
      stopping.abort()
      feed.close()
      await http.close()
      await beating
    },
  }
}

/** Cells and sites are those of the last pulse, and so is the roster they belong to. */
function snapshotOf(
  view: LiveView,
  at: {
    readonly asOf: number
    readonly stepsSeq: number
    readonly cells: Cells
    readonly sites: Sites
  },
): Snapshot {
  return {
    as_of: at.asOf,
    steps_seq: at.stepsSeq,
    roster: view.roster,
    cells: at.cells,
    alerts: view.alerts,
    sites: at.sites,
    recent: view.recent,
  }
}

function createHttp(context: ServeContext): FastifyInstance {
  const http = fastify({
    bodyLimit: 1_048_576,
    requestTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true,
    logger: false,
    http: { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: HEADERS_MS_MAX },
    onProtoPoisoning: 'error',
  })
  http.server.maxConnections = CONNECTIONS_MAX
  // Bodies stay bytes: each action reads its own, and nothing is parsed before its checks.
  http.removeAllContentTypeParsers()
  http.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  http.addHook('onRequest', async (request, reply) => {
    void reply.headers(responseHeaders)
    const fault = hostFault(request.headers, context.config.hosts)
    if (fault === undefined) return
    context.count('request_refused', 'host')
    throw new NocturneError('SERVE_CROSS_SITE', fault)
  })
  for (const route of routes) addRoute(http, context, route)
  addWall(http, context)
  http.setNotFoundHandler((request) => {
    throw new NocturneError('SERVE_NOT_FOUND', pathOf(request))
  })
  http.setErrorHandler((error, request, reply) => answerError(error, request, reply))
  return http
}

function addRoute(http: FastifyInstance, context: ServeContext, route: Route): void {
  http.route({
    method: route.method,
    url: route.path,
    // A HEAD of the live feed would hold a place in it for an answer without a body.
    exposeHeadRoute: !route.path.startsWith('/api/'),
    ...(route.bodyBytesMax > 0 ? { bodyLimit: route.bodyBytesMax } : {}),
    handler: async (request, reply) => route.answer(context, request, reply),
  })
}

function addWall(http: FastifyInstance, { wallFiles }: ServeContext): void {
  const send = (reply: FastifyReply, file: WallFile): FastifyReply => {
    if (file.isHashed) void reply.header('cache-control', 'public, max-age=31536000, immutable')
    return reply.type(file.contentType).send(file.bytes)
  }
  for (const [path, file] of wallFiles) {
    http.get(path, (_request, reply) => send(reply, file))
  }
  const page = wallFiles.get('/wall.html')
  if (page === undefined) return
  for (const path of SCREENS) http.get(path, (_request, reply) => send(reply, page))
}

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1).join('').slice(0, 200)

/** Fastify's own refusals in the words of our catalogue. */
const CODE_OF_FASTIFY: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'SERVE_BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'SERVE_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'SERVE_BODY_INVALID',
  FST_ERR_BAD_URL: 'SERVE_QUERY_INVALID',
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = error instanceof NocturneError ? error : translated(error, request)
  const { entry, code, message } = known
  const answer: ErrorAnswer = { error: { code, message, advice: entry.advice } }
  if (entry.status === 503 || entry.status === 429) void reply.header('retry-after', 2)
  return reply.code(entry.status).type('application/json; charset=utf-8').send(answer)
}

function translated(error: unknown, request: FastifyRequest): NocturneError {
  const from = error instanceof Error && 'code' in error ? String(error.code) : ''
  const code = CODE_OF_FASTIFY[from] ?? 'SERVE_INTERNAL'
  const limit = String(request.routeOptions.bodyLimit ?? '')
  const detail = errorCatalogue[code].message.includes('bytes') ? limit : pathOf(request)
  return new NocturneError(code, detail, { cause: error })
}
