import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import type { Command } from 'commander'
import { fileLines, inputLines, type SourceChunk } from '../../collect/file-source.ts'
import { isBlankLine } from '../../collect/ndjson-lines.ts'
import { NocturneError } from '../../model/nocturne-error.ts'
import { systemClock } from '../../std/clock.ts'
import { argument } from '../argument.ts'
import { numberedRow } from '../produce/numbered-row.ts'
import { RowSender } from '../produce/row-sender.ts'
import { withProgressBar, type Progress } from '../progress-bar.ts'
import { SERVER_DEFAULT } from '../server-client.ts'
import { stopSignal } from '../stop-signal.ts'
import type { Terminal } from '../terminal.ts'

const LESSON = `
Examples:
  nocturne produce rows.ndjson.gz
  my-exporter | nocturne produce -
  nocturne produce rows.ndjson --rate 5000
  nocturne produce rows.ndjson --collector edge-7   sent again under the same name, no row that
                                                    is known already counts twice

Rows are one JSON object a line, {"ts":1795383150000,"stream":"arena-1",...}; docs of the fields:
the configuration's "map:" makes readings of other names. A row without "collector" and "n" gets
both, so that a retry is known as a repeat. It prints what was told durable.`

type ProduceFlags = {
  readonly to: string
  readonly batch: number
  readonly rate?: number
  readonly collector?: string
  readonly retry: number
  readonly json?: boolean
}

/** One request is at most 1 MiB. */
const REQUEST_BYTES_MAX = 900_000
/** With a rate, rows leave in this many portions a second. */
const PORTIONS_PER_SECOND = 10
const REJECTED_SHOWN_MAX = 10

/** Adds `nocturne produce`. */
export function addProduce(program: Command, terminal: Terminal): void {
  program
    .command('produce <file>')
    .description('Send rows to a running Nocturne, in order; - is standard input.')
    .option('--to <url>', 'the running Nocturne', argument.server, SERVER_DEFAULT)
    .option('--batch <n>', 'rows a request', argument.integer(1, 100_000), 1000)
    .option('--rate <n>', 'rows a second at most', argument.integer(1, 10_000_000))
    .option('--collector <name>', 'who sends; else a new name each time')
    .option('--retry <duration>', 'how long a batch is tried', argument.duration, 60_000)
    .option('--json', 'print the summary as one JSON object')
    .addHelpText('after', LESSON)
    .action((file: string, flags: ProduceFlags) => produce(file, flags, terminal))
}

async function produce(file: string, flags: ProduceFlags, terminal: Terminal): Promise<void> {
  const { signal, release } = stopSignal()
  const bytesTotal = file === '-' ? 0 : (statSync(file, { throwIfNoEntry: false })?.size ?? 0)
  const run = new ProduceRun(flags, { terminal, signal })
  const isStdin = file === '-'
  const chunks = isStdin ? inputLines(terminal.input, 'stdin') : fileLines(file)
  try {
    await withProgressBar(
      terminal,
      { progress: run.progress, bytesTotal },
      run.sendAll(chunks, isStdin),
    )
  } finally {
    release()
    run.tell(flags.json === true)
  }
  const { accepted, rejected } = run.sender.report
  if (accepted === 0 && rejected > 0) throw new NocturneError('CLI_NOTHING_UNDERSTOOD', file)
}

class ProduceRun {
  readonly progress: Progress = { readBytes: 0, rows: 0 }
  readonly sender: RowSender
  readonly #flags: ProduceFlags
  readonly #terminal: Terminal
  readonly #signal: AbortSignal
  readonly #collector: string
  readonly #rejected: string[] = []
  readonly #startedAt = systemClock.now()
  #rows: Uint8Array[] = []
  #lines: number[] = []
  #bytes = 0
  #sent = 0
  #tooLong = 0

  constructor(
    flags: ProduceFlags,
    { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
  ) {
    this.#flags = flags
    this.#terminal = terminal
    this.#signal = signal
    this.#collector = flags.collector ?? `produce@${randomBytes(6).toString('hex')}`
    this.sender = new RowSender({
      server: flags.to,
      clock: systemClock,
      retryMs: flags.retry,
      signal,
      onRejected: (line, reason) => this.#note(line, reason),
    })
  }

  async sendAll(chunks: AsyncIterable<SourceChunk>, isSlow: boolean): Promise<void> {
    for await (const { lines, readBytes } of chunks) {
      for (const { bytes, number } of lines) {
        if (this.#signal.aborted) return
        if (bytes === undefined) this.#passOver(number)
        else if (!isBlankLine(bytes)) await this.#add(bytes, number)
      }
      this.progress.readBytes = readBytes
      // What a slow input has brought leaves without waiting for a full batch.
      if (isSlow) await this.#flush()
    }
    await this.#flush()
  }

  /** What was told durable, on stdout; what was refused, on stderr. */
  tell(isJson: boolean): void {
    const { accepted, rejected, retries } = this.sender.report
    const refused = rejected + this.#tooLong
    const seconds = (systemClock.now() - this.#startedAt) / 1000
    for (const line of this.#rejected) this.#terminal.say(line)
    if (refused > this.#rejected.length) {
      this.#terminal.say(`… and ${refused - this.#rejected.length} more rejected`)
    }
    const collector = this.#collector
    if (isJson) {
      const summary = { accepted, rejected: refused, retries, seconds, collector }
      this.#terminal.print(JSON.stringify(summary))
      return
    }
    const many = accepted.toLocaleString('en')
    this.#terminal.print(`${many} rows durable, ${refused} rejected, in ${seconds.toFixed(1)} s`)
  }

  async #add(bytes: Uint8Array, line: number): Promise<void> {
    const row = numberedRow(bytes.slice(), { collector: this.#collector, n: line })
    if (this.#bytes + row.length + 1 > REQUEST_BYTES_MAX) await this.#flush()
    this.#rows.push(row)
    this.#lines.push(line)
    this.#bytes += row.length + 1
    const { batch, rate } = this.#flags
    const portion = rate === undefined ? batch : Math.ceil(rate / PORTIONS_PER_SECOND)
    if (this.#rows.length >= Math.min(batch, portion)) await this.#flush()
  }

  async #flush(): Promise<void> {
    if (this.#rows.length === 0 || this.#signal.aborted) return
    const batch = { rows: this.#rows, lines: this.#lines }
    this.#rows = []
    this.#lines = []
    this.#bytes = 0
    await this.#keepPace()
    await this.sender.send(batch)
    this.#sent += batch.rows.length
    this.progress.rows = this.sender.report.accepted
  }

  async #keepPace(): Promise<void> {
    const { rate } = this.#flags
    if (rate === undefined) return
    const dueAt = this.#startedAt + (this.#sent / rate) * 1000
    const waitMs = dueAt - systemClock.now()
    if (waitMs > 0) await systemClock.sleep(waitMs, this.#signal)
  }

  #passOver(line: number): void {
    this.#tooLong++
    this.#note(line, 'bytes')
  }

  #note(line: number, reason: string): void {
    if (this.#rejected.length >= REJECTED_SHOWN_MAX) return
    this.#rejected.push(`line ${line} rejected: ${reason}`)
  }
}
