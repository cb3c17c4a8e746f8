import type { WindowResult } from '../src/model/window-result.ts'

type TailLine = { readonly offset: number; readonly value: WindowResult }

const tailOf = (url: string, partition: number, query: string): string =>
  `${url}/api/tail?topic=windows&partition=${partition}&${query}`

/** The offset behind the last window of each partition, and the latest end among them. */
export async function windowEnds(url: string, partitions: number) {
  const nexts: number[] = []
  let end = -Infinity
  for (let partition = 0; partition < partitions; partition++) {
    const answer = await fetch(tailOf(url, partition, 'from=-1'))
    const text = (await answer.text()).trim()
    const last = text === '' ? undefined : (JSON.parse(text) as TailLine)
    nexts.push(last === undefined ? 0 : last.offset + 1)
    end = Math.max(end, last?.value.end ?? -Infinity)
  }
  return { nexts, end }
}

/** The first window that is asked for, from these offsets on, as somebody outside sees it. */
export async function firstWindow(
  url: string,
  nexts: readonly number[],
  isIt: (window: WindowResult) => boolean,
): Promise<WindowResult> {
  const stop = new AbortController()
  const found = Promise.withResolvers<WindowResult>()
  const follow = async (partition: number): Promise<void> => {
    const path = tailOf(url, partition, `from=${nexts[partition]}&follow=1`)
    try {
      const { body } = await fetch(path, { signal: stop.signal })
      let rest = ''
      for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const { value } = JSON.parse(line) as TailLine
          if (isIt(value)) found.resolve(value)
        }
      }
    } catch (error) {
      if (stop.signal.aborted) return
      return found.reject(error)
    }
  }
  const following = nexts.map((_, partition) => follow(partition))
  try {
    return await found.promise
  } finally {
    stop.abort()
    await Promise.all(following)
  }
}
