import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { systemClock } from '../src/std/clock.ts'
import type { LiveRows } from './live-rows.ts'

/** An instant of the wall's clock in ms, with fractions. */
export const instant = (): number => performance.timeOrigin + performance.now()

/**
 * Posts on schedule, whether earlier posts were answered or not: what is late is late from the
 * instant at which it was due (no coordinated omission). Answers how long each answer took, in ms;
 * an answer that does not take every row is a failure.
 */
export async function postPaced(
  url: string,
  rows: LiveRows,
  startAt: number,
): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const answers: Promise<number>[] = []
  for (let post = 0; post < rows.posts.length; post++) {
    const dueAt = rows.dueAt(post, startAt)
    const wait = dueAt - instant()
    if (wait > 0) await systemClock.sleep(wait)
    const body = rows.body(post, startAt)
    const answer = send(new URL('/v1/readings', url), body, agent).then((text) => {
      const { accepted, rejected } = JSON.parse(text) as { accepted: number; rejected: unknown[] }
      assert.deepEqual([accepted, rejected], [rows.posts[post]!.length, []])
      return instant() - dueAt
    })
    // It is awaited with all others.
    answer.catch(() => undefined)
    answers.push(answer)
  }
  const latencies = await Promise.all(answers)
  agent.destroy()
  return latencies
}

/**
 * Posts numbered rows on schedule, one post after the other, as a shipper does that keeps what was
 * not confirmed. Answers which post is the next when the server is gone, or when all are sent.
 */
export async function postInOrder(
  url: string,
  rows: LiveRows,
  from: { readonly post: number; readonly startAt: number },
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let { post } = from
  try {
    for (; post < rows.posts.length; post++) {
      await systemClock.sleep(rows.dueAt(post, from.startAt) - instant())
      await send(new URL('/v1/readings', url), rows.numberedBody(post, from.startAt), agent)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error) return post
    throw error
  } finally {
    agent.destroy()
  }
  return post
}

function send(url: URL, body: string, agent: Agent): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const headers = { 'content-type': 'application/x-ndjson' }
  const sent = request(url, { method: 'POST', agent, headers }, (response) => {
    let text = ''
    response.on('data', (bytes: Buffer) => (text += bytes.toString()))
    response.on('error', reject)
    response.on('end', () => {
      if (response.statusCode === 202) resolve(text)
      else reject(new Error(`a post was answered with ${response.statusCode}: ${text}`))
    })
  })
  sent.on('error', reject)
  sent.end(body)
  return promise
}
