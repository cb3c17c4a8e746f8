import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'

/**
 * Why a test with servers of Java has to be skipped, or false. With `CI=true` nothing is skipped:
 * what is missing is thrown.
 */
export function withoutJava(): string | false {
  const missing = ['java', 'mvn'].filter((command) => !isInPath(command))
  if (missing.length === 0) return false
  const reason = `${missing.join(' and ')} not installed`
  if (env['CI'] === 'true') throw new Error(`${reason}, and CI skips nothing`)
  return reason
}

function isInPath(command: string): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch (error) {
      if (error instanceof Error) return false
      throw error
    }
  })
}
