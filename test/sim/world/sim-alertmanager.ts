import type { HttpRequest, HttpResult } from '../../../src/notify/http-post.ts'
import type { Life } from '../core/scheduler.ts'
import type { SimEndpoint } from './sim-endpoint.ts'

type Posted = {
  readonly labels: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt: string
}

/** An Alertmanager: an alert is its label set, and is over at its end unless it comes again. */
export class SimAlertmanager {
  readonly url: string
  readonly endpoint: SimEndpoint
  /** By label set: when it is over, epoch ms. */
  readonly #endsAt = new Map<string, number>()

  constructor(url: string, endpoint: SimEndpoint) {
    this.url = url
    this.endpoint = endpoint
  }

  post({ body }: HttpRequest, life: Life): Promise<HttpResult> {
    const alerts = JSON.parse(new TextDecoder().decode(body)) as readonly Posted[]
    return this.endpoint.attempt(life, () => {
      for (const { labels, endsAt } of alerts) {
        this.#endsAt.set(labelText(labels), Date.parse(endsAt))
      }
    })
  }

  /** The label sets of what is open at an instant, as texts. */
  openAt(now: number): ReadonlySet<string> {
    const open = [...this.#endsAt].filter(([, endsAt]) => endsAt > now)
    return new Set(open.map(([labels]) => labels))
  }
}

/** A label set as text, equal for equal sets. */
export const labelText = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
