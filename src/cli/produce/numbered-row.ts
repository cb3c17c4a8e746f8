import { utf8, utf8Text } from '../../std/bytes.ts'

/** What makes a repeat known as one (D7): who sends, and the number of the line, growing. */
export type RowNumber = { readonly collector: string; readonly n: number }

/**
 * The row with its sender and number, unless it has either of its own. What is no JSON object goes
 * out as it is, so that the server counts it and names its reason.
 */
export function numberedRow(bytes: Uint8Array, { collector, n }: RowNumber): Uint8Array {
  const row = objectOf(bytes)
  if (row === undefined || Object.hasOwn(row.fields, 'n') || Object.hasOwn(row.fields, 'collector'))
    return bytes
  const head = `{"collector":${JSON.stringify(collector)},"n":${n}`
  const rest = row.text.slice(row.text.indexOf('{') + 1)
  const isEmpty = Object.keys(row.fields).length === 0
  return utf8(isEmpty ? `${head}}` : `${head},${rest}`)
}

function objectOf(
  bytes: Uint8Array,
): { readonly text: string; readonly fields: object } | undefined {
  try {
    const text = utf8Text(bytes)
    const fields: unknown = JSON.parse(text)
    const isObject = typeof fields === 'object' && fields !== null && !Array.isArray(fields)
    return isObject ? { text, fields } : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}
