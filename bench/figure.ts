import { arch, cpus, totalmem } from 'node:os'

/** Something measured several times in one run; ratios are to a rival in that same run. */
export type Figure = {
  readonly figure: string
  readonly unit: string
  readonly samples: readonly number[]
  /** What is asked of it: the median must be at least, or at most, this. */
  readonly atLeast?: number
  readonly atMost?: number
}

/** A figure as it is printed: one JSON line. */
export type FigureLine = {
  readonly bench: string
  readonly figure: string
  readonly unit: string
  readonly median: number
  /** (greatest − least) ÷ median. */
  readonly spread: number
  readonly runs: number
  readonly target: string | undefined
  readonly met: boolean | undefined
  readonly command: string
  readonly machine: string
  /** Why it was not taken on this machine; it has no samples then, and is not judged. */
  readonly skipped?: string
}

/** Prints a figure as one JSON line on stdout. */
export function printFigure(bench: string, figure: Figure): void {
  process.stdout.write(`${JSON.stringify(figureLine(bench, figure))}\n`)
}

/** Says of a ratio that this machine lacks what it is taken beside. */
export function skipRatio(bench: string, figure: string, skipped: string): void {
  const line = { ...figureLine(bench, { figure, unit: 'ratio', samples: [] }), skipped }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** The line of a figure: its median, its spread, where and how it was taken. */
export function figureLine(bench: string, figure: Figure): FigureLine {
  const { unit, samples, atLeast = -Infinity, atMost = Infinity } = figure
  const sorted = samples.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? NaN
  const hasTarget = atLeast > -Infinity || atMost < Infinity
  const target = atLeast > -Infinity ? `≥ ${atLeast}` : `≤ ${atMost}`
  return {
    bench,
    figure: figure.figure,
    unit,
    median: rounded(median),
    spread: rounded(((sorted.at(-1) ?? NaN) - (sorted[0] ?? NaN)) / median),
    runs: samples.length,
    target: hasTarget ? target : undefined,
    met: hasTarget ? median >= atLeast && median <= atMost : undefined,
    command: `node bench/${bench}.bench.ts`,
    machine: machine(),
  }
}

function machine(): string {
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  const cores = `${cpus().length} × ${cpus()[0]?.model ?? arch()}`
  return `${cores}, ${gibibytes} GiB, Node ${process.versions.node}`
}

const rounded = (value: number): number => Number(value.toPrecision(4))
