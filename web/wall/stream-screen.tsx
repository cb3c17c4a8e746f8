import { useEffect, useMemo, useState } from 'preact/hooks'
import type { LineView, SeriesView, StateCode, StreamView } from '../../src/serve/contract.ts'
import { ageText } from './text/age-text.ts'
import { AlertCard } from './alert-card.tsx'
import { inOrder } from './alert-order.ts'
import { StepLog } from './feed-screen.tsx'
import { plainText } from './text/plain-text.ts'
import { SeriesChart } from './chart/series-chart.tsx'
import { ShapeIcon } from './shape-icon.tsx'
import { stateLook } from './state-look.ts'
import type { WallContext } from './wall-context.ts'

/** Drawn at once, and how often they are asked for anew. */
const CHARTS_MAX = 6
const REFRESH_MS = 2_000

type Loaded = {
  readonly view: StreamView
  readonly seriesByLine: ReadonlyMap<string, SeriesView>
}

const lineKey = ({ monitor, group }: LineView): string => `${monitor} ${JSON.stringify(group)}`

async function ask<T>(path: string, signal: AbortSignal): Promise<T> {
  const answer = await fetch(path, { signal })
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`)
  return (await answer.json()) as T
}

async function load(scope: string, stream: string, signal: AbortSignal): Promise<Loaded> {
  const query = new URLSearchParams({ scope, stream })
  const view = await ask<StreamView>(`/api/stream?${query}`, signal)
  const seriesByLine = new Map<string, SeriesView>()
  for (const line of view.lines.slice(0, CHARTS_MAX)) {
    const of = { scope: line.scope, monitor: line.monitor, group: JSON.stringify(line.group) }
    const series = await ask<SeriesView>(`/api/series?${new URLSearchParams(of)}`, signal)
    seriesByLine.set(lineKey(line), series)
  }
  return { view, seriesByLine }
}

/** Asks every two seconds while the page is shown; a failure is said and tried again. */
function useStream(scope: string, stream: string): { loaded?: Loaded; fault?: string } {
  const [answer, setAnswer] = useState<{ loaded?: Loaded; fault?: string }>({})
  useEffect(() => {
    const leaving = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const attempt = async (): Promise<void> => {
      try {
        const loaded = await load(scope, stream, leaving.signal)
        return setAnswer({ loaded })
      } catch (error) {
        if (leaving.signal.aborted) return
        const fault = error instanceof Error ? error.message : String(error)
        return setAnswer((before) => ({ ...before, fault }))
      }
    }
    const again = async (): Promise<void> => {
      await attempt()
      if (!leaving.signal.aborted) timer = setTimeout(() => void again(), REFRESH_MS)
    }
    void again()
    return () => {
      leaving.abort()
      clearTimeout(timer)
    }
  }, [scope, stream])
  return answer
}

/** The cell of this stream as the grid has it. */
function stateHere({ state }: WallContext, scope: string, stream: string): StateCode {
  const { roster, cells, isStale } = state
  const row = roster?.streams.findIndex((s, i) => s === stream && roster.scopes[i] === scope) ?? -1
  const code = (cells?.states[row] ?? 'u') as StateCode
  return isStale && code === 'h' ? 'o' : code
}

function Charts({ loaded, theme }: { loaded: Loaded; theme: string }) {
  const { view, seriesByLine } = loaded
  const charts = view.lines.flatMap((line) => line.names.map((name) => ({ line, name })))
  const steps = useMemo(
    () =>
      view.steps
        .filter(({ step }) => ['firing', 'resolved', 'refiring'].includes(step))
        .map(({ at, step }) => ({ at, isOpening: step !== 'resolved' })),
    [view],
  )
  return (
    <div class="charts">
      {charts.slice(0, CHARTS_MAX).map(({ line, name }) => {
        const series = seriesByLine.get(lineKey(line))
        if (series === undefined) return null
        const thresholds = line.thresholds.filter((each) => each.name === name)
        const others = Object.entries(line.group).filter(([key]) => key !== 'stream')
        return (
          <section key={`${lineKey(line)} ${name}`} class="line">
            <p class="line-of">
              {line.monitor}
              {others.map(([key, value]) => (
                <span class="label" key={key}>
                  {plainText(key)} <b>{plainText(value)}</b>
                </span>
              ))}
              {!line.complete && <span class="badge">incomplete</span>}
              <span class="chart-age">{ageText(line.age_ms ?? 0)} old</span>
            </p>
            <SeriesChart series={series} marks={{ name, thresholds, steps }} theme={theme} />
          </section>
        )
      })}
      {charts.length > CHARTS_MAX && (
        <p class="counted">{charts.length - CHARTS_MAX} more values are not drawn.</p>
      )}
    </div>
  )
}

export function StreamScreen({
  context,
  scope,
  stream,
  theme,
}: {
  context: WallContext
  scope: string
  stream: string
  theme: string
}) {
  const { loaded, fault } = useStream(scope, stream)
  const state = stateHere(context, scope, stream)
  const alerts = [...context.state.alerts.values()].filter(
    (alert) => alert.stream === stream && alert.scope === scope,
  )
  return (
    <main class="stream" id="main">
      <div class="stream-head">
        <h1>
          {plainText(stream)} <span class="at">at</span>{' '}
          {scope === 'all' ? 'all sites' : plainText(scope)}
        </h1>
        <span class={`chip state-${stateLook[state].name}`}>
          <ShapeIcon shape={stateLook[state].shape} />
          {stateLook[state].word}
        </span>
        {loaded?.view.simulated === true && <span class="badge badge-simulated">simulated</span>}
        <a class="back" href="/">
          Back to the wall
        </a>
      </div>
      {fault !== undefined && (
        <p class="fault" role="status">
          Not refreshed: {plainText(fault)}
        </p>
      )}
      {alerts.length > 0 && (
        <section class="stream-alerts" aria-label="Alerts of this stream">
          {inOrder(alerts).map((alert) => (
            <AlertCard key={alert.episode} alert={alert} context={context} />
          ))}
        </section>
      )}
      {loaded === undefined && fault === undefined && <p class="counted">Asking the store…</p>}
      {loaded !== undefined && loaded.view.lines.length === 0 && (
        <p class="counted">No window of this stream is known.</p>
      )}
      {loaded !== undefined && <Charts loaded={loaded} theme={theme} />}
      <section class="happened" aria-label="What happened in the last hour">
        <h2>The last hour</h2>
        {loaded?.view.steps.length === 0 && <p class="counted">No alert took a step.</p>}
        <StepLog steps={loaded?.view.steps ?? []} />
      </section>
    </main>
  )
}
