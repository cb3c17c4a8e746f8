import { createServer, type Server, type ServerResponse } from 'node:http'

/** What a receiver does with one request. */
export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | 'hang'
  | 'reset'

export type Received = {
  readonly key: string
  readonly seq: number
  readonly body: string
  readonly at: number
  readonly isAccepted: boolean
}

/** A receiver on a port of the system's choice, which answers as it is told. */
export class TestReceiver {
  readonly received: Received[] = []
  readonly #answer: (nth: number, path: string) => Answer
  readonly #now: () => number
  readonly #hanging = new Set<ServerResponse>()
  #server: Server | undefined
  #port = 0
  #nth = 0

  constructor(answer: (nth: number, path: string) => Answer, now: () => number) {
    this.#answer = answer
    this.#now = now
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`
  }

  /** Requests that it will not answer and that the sender has not yet given up. */
  get hangingCount(): number {
    return this.#hanging.size
  }

  async up(): Promise<void> {
    const server = createServer((request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (text: string) => (body += text))
      request.on('end', () =>
        this.#take({ headers: request.headers, path: request.url ?? '', body }, response),
      )
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(this.#port, '127.0.0.1', resolve)
    await promise
    const address = server.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
    this.#server = server
  }

  async down(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server?.close(() => resolve())
    this.#server?.closeAllConnections()
    await promise
  }

  #take(
    {
      headers,
      path,
      body,
    }: {
      readonly headers: Readonly<Record<string, string | string[] | undefined>>
      readonly path: string
      readonly body: string
    },
    response: ServerResponse,
  ): void {
    const answer = this.#answer(this.#nth++, path)
    const isAccepted = typeof answer === 'object' && answer.status < 300
    const key = `${headers['nocturne-key'] ?? ''}`
    const seq = Number(headers['nocturne-seq'] ?? 0)
    this.received.push({ key, seq, body, at: this.#now(), isAccepted })
    if (answer === 'hang') {
      this.#hanging.add(response)
      response.on('close', () => this.#hanging.delete(response))
    } else if (answer === 'reset') response.socket?.resetAndDestroy()
    else response.writeHead(answer.status, answer.headers).end('ok')
  }
}
