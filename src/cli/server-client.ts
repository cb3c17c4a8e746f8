import { NocturneError } from '../model/nocturne-error.ts'

/** Where `nocturne up` is where nobody says otherwise. */
export const SERVER_DEFAULT = 'http://127.0.0.1:8080'

/** What a request asks for, as query parameters; absent ones are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>

/** Connecting and the first byte of an answer; a followed topic may then stay silent for ever. */
const ANSWER_MS_MAX = 30_000

/**
 * Sends one request to a running Nocturne and answers its response, whatever the status.
 * @throws CLI_SERVER_UNREACHABLE: nobody is there, or says nothing for 30 s.
 */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const silence = AbortSignal.timeout(ANSWER_MS_MAX)
  const patience = new AbortController()
  const onSilence = (): void => patience.abort(silence.reason)
  silence.addEventListener('abort', onSilence, { once: true })
  const signals = [patience.signal, ...(init.signal == null ? [] : [init.signal])]
  try {
    return await fetch(url, { ...init, signal: AbortSignal.any(signals) })
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    const origin = URL.parse(url)?.origin ?? ''
    const detail = `${origin} (${reasonOf(error)})`
    throw new NocturneError('CLI_SERVER_UNREACHABLE', detail, { cause: error })
  } finally {
    silence.removeEventListener('abort', onSilence)
  }
}

/** A URL of the API with its parameters. */
export function apiUrl(server: string, path: string, query: Query = {}): string {
  const url = new URL(path, server)
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url.href
}

/** The JSON of a GET. @throws CLI_SERVER_UNREACHABLE, CLI_SERVER_REFUSED with what it said. */
export async function getJson<Answer>(url: string): Promise<Answer> {
  const response = await request(url)
  if (!response.ok) throw new NocturneError('CLI_SERVER_REFUSED', await refusalText(response))
  return (await response.json()) as Answer
}

/** The sentence of a refusal, as the server wrote it. */
export async function refusalText(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown }
    if (typeof error === 'string') return error
    const { message, advice } = error as { readonly message: string; readonly advice: string }
    return `${message}; ${advice}`
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      return `status ${response.status}`
    }
    throw error
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return cause instanceof Error ? cause.message : String(cause)
}
