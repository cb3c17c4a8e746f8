import type { AlertView } from '../../src/serve/contract.ts'
import { ageText } from './text/age-text.ts'
import { plainText } from './text/plain-text.ts'
import { streamPath } from './screen-address.ts'
import { ShapeIcon } from './shape-icon.tsx'
import { levelShape } from './state-look.ts'
import { nameText, valueText } from './text/value-text.ts'
import type { WallContext } from './wall-context.ts'

const VALUES_MAX = 3
const HIDDEN_LABELS: ReadonlySet<string> = new Set(['alertname', 'stream', 'site', 'severity'])

/** The word beside the shape: what is wrong, or that it is getting better. */
function wordOf({ condition, cause, level }: AlertView): string {
  if (condition === 'recovering') return `${level} · clearing`
  if (condition === 'pending') return `${level} · starting`
  return cause === 'absent' ? `${level} · no data` : level
}

/** Who it is about, as a link to the stream's page where there is a stream. */
export function WhereText({ alert }: { alert: Pick<AlertView, 'stream' | 'scope'> }) {
  const { stream, scope } = alert
  const site = scope === 'all' ? 'all sites' : plainText(scope)
  if (stream === '') return <span class="where">{site}</span>
  return (
    <a class="where" href={streamPath(scope, stream)}>
      <b>{plainText(stream)}</b> <span class="at">at</span> {site}
    </a>
  )
}

export function AckLine({ alert, context }: { alert: AlertView; context: WallContext }) {
  const wanted = context.state.acks.get(alert.episode)
  if (wanted?.state === 'requested') {
    return <span class="ack is-asked">requested by {plainText(wanted.by)}…</span>
  }
  const failed =
    wanted === undefined ? null : (
      <span class="ack is-due" role="status">
        {plainText(wanted.why)}
      </span>
    )
  if (alert.ack === null) {
    return (
      <span class="ack">
        {failed}
        <button type="button" class="button" onClick={() => context.askAck(alert)}>
          Acknowledge
        </button>
      </span>
    )
  }
  const { by, at, comment } = alert.ack
  return (
    <span class="ack">
      {failed}
      <span class="owner">
        <i class="initials" aria-hidden="true">
          {plainText(by).slice(0, 2)}
        </i>
        <span>
          <b>{plainText(by)}</b> has it, {ageText(context.now - at)}
          {comment !== '' && <q>{plainText(comment)}</q>}
        </span>
      </span>
    </span>
  )
}

/** One open episode, readable from three metres (U6). */
export function AlertCard({ alert, context }: { alert: AlertView; context: WallContext }) {
  const { level, condition, labels, simulated, corrected } = alert
  const since = alert.fired_at ?? alert.active_at
  const values = Object.entries(alert.value).slice(0, VALUES_MAX)
  const others = Object.entries(labels).filter(([name]) => !HIDDEN_LABELS.has(name))
  const isAcked = alert.ack !== null
  const look = `card level-${level} is-${condition}${isAcked ? ' is-acked' : ''}`
  const shape = condition === 'firing' ? levelShape[level] : 'triangle-hollow'
  return (
    <article
      class={look}
      tabIndex={-1}
      data-key={alert.episode}
      aria-label={plainText(alert.title)}
    >
      <div class="card-top">
        <span class="severity">
          <ShapeIcon
            shape={alert.cause === 'absent' && condition === 'firing' ? 'circle-crossed' : shape}
            isAcked={isAcked}
          />
          {wordOf(alert)}
        </span>
        {simulated && <span class="badge badge-simulated">simulated</span>}
        {corrected && <span class="badge">corrected</span>}
        {!alert.complete && <span class="badge">incomplete</span>}
        <span class="card-age">{ageText(context.now - since)}</span>
      </div>
      <h2>{plainText(alert.title)}</h2>
      <div class="card-where">
        <WhereText alert={alert} />
        {others.map(([name, value]) => (
          <span class="label" key={name}>
            {plainText(name)} <b>{plainText(value)}</b>
          </span>
        ))}
      </div>
      <div class="card-foot">
        <dl class="values">
          {values.map(([name, value]) => (
            <div key={name}>
              <dt>{plainText(nameText(name))}</dt>
              <dd>{valueText(name, value)}</dd>
            </div>
          ))}
        </dl>
        <AckLine alert={alert} context={context} />
      </div>
    </article>
  )
}
