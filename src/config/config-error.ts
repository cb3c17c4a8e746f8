/** Where something is written: a path of keys and list positions from the top of its file. */
export type ConfigPath = readonly (string | number)[]

/** One thing to mend: where it is, what is wrong, and what to write instead. */
export type ConfigError = {
  readonly file: string
  /** Both count from 1. */
  readonly line: number
  readonly column: number
  /** As `monitors[0].window.lateness`; empty for the file as a whole. */
  readonly path: string
  readonly message: string
  readonly advice: string
}

/** A finding before it is known where it stands in a file. */
export type Finding = {
  readonly path: ConfigPath
  readonly message: string
  readonly advice: string
  /** Characters into the text that the path names. */
  readonly at?: number
  /** The finding is about the last key of the path and not about its value. */
  readonly isKey?: boolean
}

/** `monitors[0].window.lateness` of a path. */
export function pathText(path: ConfigPath): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

/** One line as people see it: `file:line:column path: message; advice`. */
export function configErrorText(error: ConfigError): string {
  const where = `${error.file}:${error.line}:${error.column}`
  const what = error.path === '' ? error.message : `${error.path}: ${error.message}`
  return `${where} ${what}; ${error.advice}`
}
