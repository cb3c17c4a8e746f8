import type { Log } from '../log/log.ts'
import { runAlertmanager } from '../notify/alertmanager.ts'
import type { CountReason } from '../notify/count-reason.ts'
import { httpPost } from '../notify/http-post.ts'
import type { NotifySpec, ReceiverSpec } from '../notify/notify-spec.ts'
import { runPlan } from '../notify/plan.ts'
import type { Adopt } from '../notify/stages/plan-stage.ts'
import { runSend } from '../notify/send.ts'
import { terminalDelivery } from '../notify/terminal.ts'
import { webhookRequest } from '../notify/webhook.ts'
import type { Clock } from '../std/clock.ts'
import { prng } from '../std/prng.ts'

export type NotifyDeps = {
  readonly log: Log
  readonly clock: Clock
  readonly spec: NotifySpec
  /** The longest hop of any monitor that is in force. */
  readonly hopMsMax: () => number
  readonly terminal: { readonly write: (text: string) => void; readonly isColored: boolean }
  readonly count: CountReason
  /** Where steps lie at a site and in its cloud: which of them this is (A77). */
  readonly adopt?: Adopt
}

/** A loop of `notify`: the plan, or one receiver's delivery; none waits for another (A65). */
export type NotifyPart = {
  readonly name: string
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** The plan and one sender a receiver. */
export function notifyParts(deps: NotifyDeps): readonly NotifyPart[] {
  const { log, clock, spec, count, adopt } = deps
  const told = { log, spec, clock, count, ...(adopt !== undefined && { adopt }) }
  const plan = (signal: AbortSignal) => runPlan({ ...told, signal })
  const senders = spec.receivers.map((receiver) => sender(deps, receiver))
  return [{ name: 'plan', run: plan }, ...senders]
}

function sender(deps: NotifyDeps, receiver: ReceiverSpec): NotifyPart {
  const { log, clock, spec, hopMsMax, terminal, count } = deps
  const post = httpPost(clock)
  const random = prng(clock.now())
  const name = `send/${receiver.name}`
  const { externalUrl } = spec
  if (receiver.kind === 'alertmanager') {
    return {
      name,
      run: (signal) =>
        runAlertmanager({ log, spec, receiver, hopMsMax, post, clock, random, signal, count }),
    }
  }
  const toTerminal = terminalDelivery({ ...terminal, clock })
  const [url = ''] = receiver.urls
  const deliver: Parameters<typeof runSend>[0]['deliver'] =
    receiver.kind === 'terminal'
      ? toTerminal
      : (notice) => post(webhookRequest(notice, { url, externalUrl }))
  return {
    name,
    run: (signal) =>
      runSend({ log, receiver: receiver.name, deliver, clock, random, signal, count }),
  }
}
