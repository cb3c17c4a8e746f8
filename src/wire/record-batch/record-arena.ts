/** Inflated records of one run, unless one batch alone has more. */
const RUN_BYTES_MAX = 64 * 1_048_576

/** A larger arena is let go after the run that needed it. */
const KEPT_BYTES_MAX = 16 * 1_048_576

/** One buffer that the records of a run's batches are laid into, one batch behind another. */
export class RecordArena {
  bytes = new Uint8Array(0)
  /** Bytes of batches that were kept. */
  used = 0

  reset(): void {
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = new Uint8Array(0)
    this.used = 0
  }

  /** Whether so many bytes more than those held are too many for one run. */
  isFull(more: number, held = this.used): boolean {
    return held > 0 && held + more > RUN_BYTES_MAX
  }

  /** Lays records behind those kept; they stay once `used` is moved behind them. */
  lay(records: Uint8Array): void {
    const wanted = this.used + records.length
    if (wanted > this.bytes.length) {
      const grown = new Uint8Array(Math.max(wanted, Math.min(2 * this.bytes.length, RUN_BYTES_MAX)))
      grown.set(this.bytes.subarray(0, this.used))
      this.bytes = grown
    }
    this.bytes.set(records, this.used)
  }
}
