import type { Group } from '../model/pane.ts'
import { utf8Text } from '../std/bytes.ts'
import { decodeJson, shape } from './json-shape.ts'

const isGroup = shape.list(shape.orNull(shape.text))

/** The monitor and group that a pane's key names (`paneKey`); undefined where it is none. */
export function readPaneKey(
  key: Uint8Array,
): { readonly monitor: string; readonly group: Group } | undefined {
  const zero = key.indexOf(0)
  if (zero < 1) return undefined
  const group = decodeJson(key.subarray(zero + 1), isGroup)
  if (!group.ok) return undefined
  try {
    return { monitor: utf8Text(key.subarray(0, zero)), group: group.value }
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
