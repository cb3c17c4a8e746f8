import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { Arrivals } from './arrivals.ts'

/** The part of Alertmanager's webhook body, version 4, that tests look at. */
export type AlertBody = {
  readonly version: string
  readonly receiver: string
  readonly status: 'firing' | 'resolved'
  readonly groupKey: string
  readonly truncatedAlerts: number
  readonly groupLabels: Readonly<Record<string, string>>
  readonly commonLabels: Readonly<Record<string, string>>
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved'
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
    readonly startsAt: string
    readonly endsAt: string
    readonly fingerprint: string
  }[]
}

/** One request: its name among all notices, and whether it was answered with 200. */
export type ToldNotice = {
  readonly id: string
  readonly text: string
  readonly body: AlertBody
  readonly isTaken: boolean
}

/** What a receiver does with the next request. */
export type ReceiverMood = () => 'takes' | 'fails' | 'hangs' | 'cuts'

/** Somebody who is told by webhook, on a port of the system's choice. */
export class AlertReceiver {
  readonly told = new Arrivals<ToldNotice>()
  readonly url: string

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}/hook`
  }

  static async open(t: TestContext, mood: ReceiverMood = () => 'takes'): Promise<AlertReceiver> {
    const server = createServer((request, response) => {
      let text = ''
      request.setEncoding('utf8')
      request.on('data', (more: string) => (text += more))
      request.on('end', () => {
        const { 'nocturne-key': key, 'nocturne-seq': seq } = request.headers
        receiver.#take({ id: `${key}/${seq}`, text, mood }, response)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const receiver = new AlertReceiver((server.address() as AddressInfo).port)
    t.after(() => {
      server.close()
      server.closeAllConnections()
    })
    return receiver
  }

  /** Notices that were taken, each once, in the order of their first arrival. */
  get taken(): readonly ToldNotice[] {
    const byId = new Map<string, ToldNotice>()
    for (const notice of this.told.items) {
      if (notice.isTaken && !byId.has(notice.id)) byId.set(notice.id, notice)
    }
    return [...byId.values()]
  }

  #take(
    { id, text, mood }: { readonly id: string; readonly text: string; readonly mood: ReceiverMood },
    response: ServerResponse,
  ): void {
    const now = mood()
    const body = JSON.parse(text) as AlertBody
    if (now === 'takes') response.writeHead(200).end('ok')
    else if (now === 'fails') response.writeHead(500).end('no')
    else if (now === 'cuts') response.socket?.resetAndDestroy()
    this.told.push({ id, text, body, isTaken: now === 'takes' })
  }
}
