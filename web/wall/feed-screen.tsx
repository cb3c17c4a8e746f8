import type { AlertView, StepNews } from '../../src/serve/contract.ts'
import { ageText, clockText } from './text/age-text.ts'
import { AckLine, WhereText } from './alert-card.tsx'
import { inOrder, isOpen } from './alert-order.ts'
import { plainText } from './text/plain-text.ts'
import { ShapeIcon } from './shape-icon.tsx'
import { levelShape } from './state-look.ts'
import { nameText, valueText } from './text/value-text.ts'
import type { WallContext } from './wall-context.ts'

function AlertRow({ alert, context }: { alert: AlertView; context: WallContext }) {
  const { level, condition } = alert
  const [name, value] = Object.entries(alert.value)[0] ?? []
  const isAbsent = alert.cause === 'absent'
  const firing = isAbsent ? 'circle-crossed' : levelShape[level]
  const shape = condition === 'firing' ? firing : 'triangle-hollow'
  const words = { pending: 'starting', firing: level, recovering: 'clearing' }
  return (
    <li class={`row level-${level} is-${condition}`} tabIndex={-1} data-key={alert.episode}>
      <span class="severity">
        <ShapeIcon shape={shape} isAcked={alert.ack !== null} />
        {words[condition]}
      </span>
      <span class="row-title">
        <b>{plainText(alert.title)}</b>
        <span class="row-where">
          <WhereText alert={alert} />
          {name !== undefined && value !== undefined && (
            <span>
              {plainText(nameText(name))} {valueText(name, value)}
            </span>
          )}
          {isAbsent && <span class="badge">no data</span>}
          {alert.simulated && <span class="badge badge-simulated">simulated</span>}
          {alert.corrected && <span class="badge">corrected</span>}
          {!alert.complete && <span class="badge">incomplete</span>}
        </span>
      </span>
      <span class="row-age">{ageText(context.now - (alert.fired_at ?? alert.active_at))}</span>
      <AckLine alert={alert} context={context} />
      {alert.ack !== null && !context.state.acks.has(alert.episode) && (
        <button type="button" class="button is-quiet" onClick={() => context.release(alert)}>
          Release
        </button>
      )}
    </li>
  )
}

/** Steps as people tell them to each other, newest first. */
export function StepLog({ steps }: { steps: readonly StepNews[] }) {
  return (
    <ol class="steps">
      {steps.map((step) => (
        <li key={step.id} class={`level-${step.level}`}>
          <time>{clockText(step.at)}</time>
          <b class="step-name">{step.step}</b>
          <span class="step-title">{plainText(step.title)}</span>
          <WhereText alert={step} />
          {step.by !== null && <span>by {plainText(step.by)}</span>}
        </li>
      ))}
    </ol>
  )
}

export function FeedScreen({ context }: { context: WallContext }) {
  const alerts = inOrder(context.state.alerts.values())
  const open = alerts.filter(isOpen)
  const starting = alerts.filter((alert) => !isOpen(alert))
  return (
    <main class="feed" id="main">
      <section aria-label="Open alerts">
        <h1>
          Open <span>{open.length}</span>
        </h1>
        {open.length === 0 && <p class="counted">Nothing is open.</p>}
        <ul class="rows">
          {open.map((alert) => (
            <AlertRow key={alert.episode} alert={alert} context={context} />
          ))}
        </ul>
        {starting.length > 0 && (
          <>
            <h2>
              Starting <span>{starting.length}</span>
            </h2>
            <ul class="rows">
              {starting.map((alert) => (
                <AlertRow key={alert.episode} alert={alert} context={context} />
              ))}
            </ul>
          </>
        )}
      </section>
      <section aria-label="What happened" class="happened">
        <h2>What happened</h2>
        <StepLog steps={[...context.state.recent].reverse()} />
      </section>
    </main>
  )
}
