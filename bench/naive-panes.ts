/** What a row must have for the monitor of examples/ott.yaml. */
export type OttRow = {
  readonly ts: number
  readonly stream: string
  readonly retrans: number
  readonly rtt_ms: number
}

/** Count, sum and maximum of one stream in one second. */
export type NaivePane = { count: number; retrans: number; rttMax: number }

/**
 * The rival: the monitor of examples/ott.yaml as one would write it in an afternoon, an object a
 * row and a map by text. No log, no watermark, no lateness; all is kept to the end.
 */
export class NaivePanes {
  readonly byStream = new Map<string, Map<number, NaivePane>>()

  add({ ts, stream, retrans, rtt_ms }: OttRow): void {
    let panes = this.byStream.get(stream)
    if (panes === undefined) this.byStream.set(stream, (panes = new Map()))
    const start = ts - (ts % 1000)
    const pane = panes.get(start)
    if (pane === undefined) panes.set(start, { count: 1, retrans, rttMax: rtt_ms })
    else {
      pane.count++
      pane.retrans += retrans
      pane.rttMax = Math.max(pane.rttMax, rtt_ms)
    }
  }

  /** The windows of ten seconds every second that have rows, by stream and end. */
  *windows(): Iterable<NaivePane & { readonly stream: string; readonly end: number }> {
    for (const stream of [...this.byStream.keys()].sort()) {
      const panes = this.byStream.get(stream) ?? new Map<number, NaivePane>()
      const ends = new Set<number>()
      for (const start of panes.keys()) for (let i = 1; i <= 10; i++) ends.add(start + i * 1000)
      for (const end of [...ends].sort((a, b) => a - b)) {
        const window = { stream, end, count: 0, retrans: 0, rttMax: -Infinity }
        for (let start = end - 10_000; start < end; start += 1000) {
          const pane = panes.get(start)
          if (pane === undefined) continue
          window.count += pane.count
          window.retrans += pane.retrans
          window.rttMax = Math.max(window.rttMax, pane.rttMax)
        }
        yield window
      }
    }
  }
}
