import { useEffect, useRef } from 'preact/hooks'
import type uPlot from 'uplot'
import type { SeriesView } from '../../../src/serve/contract.ts'
import { clockText } from '../text/age-text.ts'
import { makePlot, PLOT_HEIGHT, plotData, type PlotMarks } from './series-plot.ts'
import { nameText, valueText } from '../text/value-text.ts'

const TABLE_ROWS = 30

/** One value of one line over time; the same as a table below, for who cannot see it. */
export function SeriesChart({
  series,
  marks,
  theme,
}: {
  series: SeriesView
  marks: PlotMarks
  theme: string
}) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef({ series, marks })
  latest.current = { series, marks }
  useEffect(() => {
    const element = host.current
    if (element === null) return undefined
    const made = makePlot(element, () => latest.current)
    plot.current = made
    const resizing = new ResizeObserver(() =>
      made.setSize({ width: Math.max(240, element.clientWidth), height: PLOT_HEIGHT }),
    )
    resizing.observe(element)
    return () => {
      resizing.disconnect()
      made.destroy()
    }
  }, [theme, marks.name])
  useEffect(() => plot.current?.setData(plotData(series, marks.name)), [series, marks])
  const column = series.values[marks.name] ?? []
  const last = column.findLast((value) => value !== null)
  const rows = series.ends.map((end, i) => [end, column[i] ?? null] as const).slice(-TABLE_ROWS)
  const name = nameText(marks.name)
  return (
    <figure class="chart">
      <figcaption>
        <b>{name}</b>
        <span class="chart-last">
          {last === undefined || last === null ? 'no value' : valueText(marks.name, last)}
        </span>
      </figcaption>
      <div ref={host} class="plot" role="img" aria-label={`${name}, the last ten minutes`} />
      <details>
        <summary>Last {rows.length} values as a table</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">Window end, UTC</th>
              <th scope="col">{name}</th>
            </tr>
          </thead>
          <tbody>
            {rows.toReversed().map(([end, value]) => (
              <tr key={end}>
                <td>{clockText(end)}</td>
                <td>{value === null ? 'unknown' : valueText(marks.name, value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  )
}
