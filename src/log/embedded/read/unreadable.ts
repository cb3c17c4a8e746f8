import { NocturneError } from '../../../model/nocturne-error.ts'
import type { At } from '../log-meta.ts'

/** LOG_UNREADABLE for what the system says of a read (EIO, EMFILE, …); other errors unchanged. */
export function unreadable(error: unknown, { topic, partition }: At): unknown {
  const isOurs = error instanceof NocturneError
  if (isOurs || !(error instanceof Error) || !('code' in error)) return error
  const where = `${topic}/${partition}: ${error.message}`
  return new NocturneError('LOG_UNREADABLE', where, { cause: error })
}
