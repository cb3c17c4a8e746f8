/** A record as `/api/tail` hands it on. */
export type TailLine<Value> = {
  readonly offset: number
  readonly at: number
  readonly value: Value
}

/** Follows a partition over HTTP; ends when the signal aborts. @throws what went wrong before. */
export async function* followTail<Value>(
  url: string,
  signal: AbortSignal,
): AsyncGenerator<TailLine<Value>> {
  try {
    const { body } = await fetch(`${url}&follow=1`, { signal })
    if (body === null) throw new Error(`${url} has nothing to follow`)
    let rest = ''
    for await (const text of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield JSON.parse(line) as TailLine<Value>
    }
  } catch (error) {
    if (signal.aborted) return
    throw error
  }
}
