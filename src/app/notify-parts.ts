import type { Log, LogGap } from '../log/log.ts'
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
  readonly missed: (group: string, gap: LogGap) => void
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
  const { log, clock, spec, count, missed, adopt } = deps
  const onGap = (gap: LogGap) => missed('plan', gap)
  const told = { log, spec, clock, count, onGap, ...(adopt !== undefined && { adopt }) }
  const plan = (signal: AbortSignal) => runPlan({ ...told, signal })
  const senders = spec.receivers.map((receiver) => sender(deps, receiver))
  return [{ name: 'plan', run: plan }, ...senders]
}

function sender(deps: NotifyDeps, receiver: ReceiverSpec): NotifyPart {
  const { log, clock, spec, hopMsMax, terminal, count, missed } = deps
  const post = httpPost(clock)
  const random = prng(clock.now())
  const name = `send/${receiver.name}`
  const shared = { log, clock, random, count, onGap: (gap: LogGap) => missed(name, gap) }
  const { externalUrl } = spec
  if (receiver.kind === 'alertmanager') {
    return {
      name,
      run: (signal) => runAlertmanager({ ...shared, spec, receiver, hopMsMax, post, signal }),
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
    run: (signal) => runSend({ ...shared, receiver: receiver.name, deliver, signal }),
  }
}
