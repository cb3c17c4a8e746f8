/** What is told of an error: its sentence, what to do, whether a repeat may help, the exit code. */
export type ErrorEntry = {
  readonly message: string
  readonly advice: string
  readonly retry: boolean
  /** Exit code of the command line (R6). */
  readonly exit: 1 | 2 | 3 | 4 | 70
  /** HTTP status where it can reach a client. */
  readonly status: number
}
