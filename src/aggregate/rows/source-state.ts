/** One source (W5): a site's rows in this partition, with what P6 announces of it. */
export type SourceState = {
  readonly site: string
  /** Greatest accepted event time, −Infinity before the first. */
  watermark: number
  /** The same before the batch in hand. */
  watermarkBefore: number
  rows: number
  late: number
  skewed: number
  rejected: number
  /** Something was read from it since its watermark was last written. */
  heard: boolean
  /** Nothing was read from it since its panes last left, and none of them waits to be shown. */
  isQuiet: boolean
  writtenAt: number
  /** End of a replay (formats: `final`); silence is not judged beyond it. */
  final: number | undefined
  /** Per fold: how many slices its watermark has closed; a change is worth a record at once. */
  readonly edges: Float64Array
}

export function newSource(site: string, folds: number): SourceState {
  return {
    site,
    watermark: -Infinity,
    watermarkBefore: -Infinity,
    rows: 0,
    late: 0,
    skewed: 0,
    rejected: 0,
    heard: false,
    isQuiet: true,
    writtenAt: -Infinity,
    final: undefined,
    edges: new Float64Array(folds).fill(-Infinity),
  }
}
