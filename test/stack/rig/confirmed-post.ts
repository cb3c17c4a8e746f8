/** A post that is not answered by then is sent again. */
const ANSWER_MS_MAX = 30_000

/** Whether every row was taken; anything else is sent again, and counts once (D7). */
export async function confirmed(url: string, body: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/v1/readings`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    })
    await answer.arrayBuffer()
    return answer.status === 202
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return false
    throw error
  }
}
