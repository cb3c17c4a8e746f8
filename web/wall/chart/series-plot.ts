import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { SeriesView, ThresholdView } from '../../../src/serve/contract.ts'
import { clockText } from '../text/age-text.ts'
import { valueText } from '../text/value-text.ts'

/** Pixels of the page; the width is the place's own. */
export const PLOT_HEIGHT = 220

/** What one chart shows beside its line. */
export type PlotMarks = {
  readonly name: string
  readonly thresholds: readonly ThresholdView[]
  /** Times at which the stream's alerts fired or were resolved, epoch ms. */
  readonly steps: readonly { readonly at: number; readonly isOpening: boolean }[]
}

type Colours = Readonly<
  Record<'line' | 'fill' | 'grid' | 'text' | 'hatch' | ThresholdView['level'], string>
>

/** A canvas cannot read custom properties, so they are read for it. */
function colours(): Colours {
  const style = getComputedStyle(document.querySelector('.charts') ?? document.documentElement)
  const of = (name: string): string => style.getPropertyValue(`--plot-${name}`).trim()
  return {
    line: of('line'),
    fill: of('fill'),
    grid: of('grid'),
    text: of('text'),
    hatch: of('hatch'),
    info: of('info'),
    warning: of('warning'),
    critical: of('critical'),
  }
}

/** Seconds and values; where a window lacks, a null, so that a gap stays a gap (U22). */
export function plotData(series: SeriesView, name: string): [number[], (number | null)[]] {
  const times: number[] = []
  const values: (number | null)[] = []
  const column = series.values[name] ?? []
  for (const [i, end] of series.ends.entries()) {
    const before = series.ends[i - 1]
    if (before !== undefined && end - before > series.hop_ms * 1.5) {
      times.push((before + series.hop_ms) / 1_000)
      values.push(null)
    }
    times.push(end / 1_000)
    values.push(column[i] ?? null)
  }
  return [times, values]
}

function drawBehind(plot: uPlot, series: SeriesView, paint: Colours): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.fillStyle = paint.hatch
  for (const [i, isComplete] of series.complete.entries()) {
    const end = series.ends[i]
    if (isComplete || end === undefined) continue
    const right = plot.valToPos(end / 1_000, 'x', true)
    const left = plot.valToPos((end - series.hop_ms) / 1_000, 'x', true)
    ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height)
  }
  ctx.restore()
}

function drawMarks(plot: uPlot, marks: PlotMarks, paint: Colours): void {
  const { ctx, bbox } = plot
  const scale = devicePixelRatio
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.font = `${11 * scale}px system-ui, sans-serif`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'bottom'
  ctx.lineWidth = scale
  for (const { value, level, op } of marks.thresholds) {
    const y = Math.round(plot.valToPos(value, 'y', true))
    ctx.strokeStyle = paint[level]
    ctx.fillStyle = paint[level]
    ctx.setLineDash([6 * scale, 4 * scale])
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    ctx.fillText(
      `${level} ${op} ${valueText(marks.name, value)}`,
      bbox.left + 6 * scale,
      y - 4 * scale,
    )
  }
  for (const { at, isOpening } of marks.steps) {
    const x = Math.round(plot.valToPos(at / 1_000, 'x', true))
    ctx.strokeStyle = isOpening ? paint.critical : paint.text
    ctx.setLineDash(isOpening ? [] : [2 * scale, 3 * scale])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}

/** Room for the line, its thresholds and zero, so that nothing that is judged lies outside. */
function rangeOf(marks: PlotMarks) {
  return (_: uPlot, least: number | null, most: number | null): [number, number] => {
    const bounds = marks.thresholds.map(({ value }) => value)
    const high = Math.max(most ?? 0, ...bounds, 0)
    const low = Math.min(least ?? 0, ...bounds, 0)
    return high === low ? [low, low + 1] : [low, high + (high - low) * 0.12]
  }
}

/** Makes one chart in `host`; `latest` is asked at each drawing, so that it may be replaced. */
export function makePlot(
  host: HTMLElement,
  latest: () => { readonly series: SeriesView; readonly marks: PlotMarks },
): uPlot {
  const paint = colours()
  const { series, marks } = latest()
  const axis = {
    stroke: paint.text,
    font: '12px system-ui, sans-serif',
    grid: { stroke: paint.grid, width: 1 },
    ticks: { show: false },
  }
  const options: uPlot.Options = {
    width: Math.max(240, host.clientWidth),
    height: PLOT_HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    padding: [10, 26, 0, 0],
    scales: {
      x: { time: true, range: () => [latest().series.from / 1_000, latest().series.to / 1_000] },
      y: { range: rangeOf(marks) },
    },
    axes: [
      {
        ...axis,
        space: 64,
        size: 30,
        values: (_, ticks) => ticks.map((at) => clockText(at * 1_000)),
      },
      { ...axis, size: 64, values: (_, ticks) => ticks.map((each) => valueText(marks.name, each)) },
    ],
    series: [
      {},
      { stroke: paint.line, fill: paint.fill, width: 2, spanGaps: false, points: { show: false } },
    ],
    hooks: {
      drawAxes: [(plot) => drawBehind(plot, latest().series, paint)],
      draw: [(plot) => drawMarks(plot, latest().marks, paint)],
    },
  }
  return new uPlot(options, plotData(series, marks.name), host)
}
