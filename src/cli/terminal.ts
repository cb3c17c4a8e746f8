/** Where a command speaks: data goes to stdout, words to stderr (R6). */
export type Terminal = {
  /** One line of data. */
  readonly print: (line: string) => void
  /** One line of words. */
  readonly say: (line: string) => void
  /** Text for stdout as it is, line feeds included. */
  readonly write: (text: string) => void
  /** Draws over the last line of stderr; only where a person watches it. */
  readonly draw: (text: string) => void
  /** Whether a person watches stderr, so that progress may be drawn there. */
  readonly isWatched: boolean
  /** Whether stdout takes colours: a terminal, and no `NO_COLOR`. */
  readonly isColored: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly input: AsyncIterable<Uint8Array>
}

/** The terminal of a process. */
export function processTerminal(given: NodeJS.Process): Terminal {
  const { stdout, stderr, stdin, env } = given
  const noColor = env.NO_COLOR !== undefined && env.NO_COLOR !== ''
  return {
    print: (line) => void stdout.write(`${line}\n`),
    say: (line) => void stderr.write(`${line}\n`),
    write: (text) => void stdout.write(text),
    draw: (text) => void stderr.write(`\r\x1b[K${text}`),
    isWatched: stderr.isTTY === true && env.TERM !== 'dumb',
    isColored: stdout.isTTY === true && !noColor,
    env,
    input: stdin,
  }
}
