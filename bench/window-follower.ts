import type { WindowResult } from '../src/model/window-result.ts'
import { followTail, type TailLine } from './follow-tail.ts'

const tailOf = (url: string, partition: number, query: string): string =>
  `${url}/api/tail?topic=windows&partition=${partition}&${query}`

/** The offset behind the last window of each partition, and the latest end among them. */
export async function windowEnds(url: string, partitions: number) {
  const nexts: number[] = []
  let end = -Infinity
  for (let partition = 0; partition < partitions; partition++) {
    const answer = await fetch(tailOf(url, partition, 'from=-1'))
    const text = (await answer.text()).trim()
    const last = text === '' ? undefined : (JSON.parse(text) as TailLine<WindowResult>)
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
    const path = tailOf(url, partition, `from=${nexts[partition]}`)
    try {
      for await (const { value } of followTail<WindowResult>(path, stop.signal)) {
        if (isIt(value)) found.resolve(value)
      }
    } catch (error) {
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
