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

/** Every error that can leave a room; `{}` in a message is filled with what it met. */
export const errorCatalogue = {
  CONFIG_INVALID: {
    message: 'the configuration is not valid: {}',
    advice: 'mend the line it names; nocturne check config FILE says the same without starting',
    retry: false, exit: 3, status: 400,
  },
  LOG_TOPIC_UNKNOWN: {
    message: 'there is no topic {}',
    advice: 'names are case-sensitive; nocturne tail without a topic lists them',
    retry: false, exit: 2, status: 404,
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorCatalogue
