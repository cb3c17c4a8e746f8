import type { HttpResult } from '../../../src/notify/http-post.ts'
import type { Notice } from '../../../src/model/notice.ts'
import { encodeNotice } from '../../../src/wire/notice-codec.ts'
import type { Life } from '../core/scheduler.ts'
import type { SimEndpoint } from './sim-endpoint.ts'

/** A notice that a receiver took, with the text of all that it was told. */
export type Delivered = { readonly notice: Notice; readonly text: string }

/** Somebody who is told by webhook. */
export class SimReceiver {
  readonly name: string
  readonly endpoint: SimEndpoint
  readonly delivered: Delivered[] = []

  constructor(name: string, endpoint: SimEndpoint) {
    this.name = name
    this.endpoint = endpoint
  }

  /** One attempt by a process. */
  deliver(notice: Notice, life: Life): Promise<HttpResult> {
    const text = new TextDecoder().decode(encodeNotice(notice))
    return this.endpoint.attempt(life, () => void this.delivered.push({ notice, text }))
  }
}
