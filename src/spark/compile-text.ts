import { utf8 } from '../std/bytes.ts'

/** Nothing in it ends or escapes a literal of SQL. */
const HARMLESS = /^[A-Za-z0-9 _.:,/{}"[\]=+-]*$/

/** A text constant: of foreign text nothing but its bytes in hex is ever spliced in (Z6). */
export const textSql = (text: string): string =>
  HARMLESS.test(text) ? `'${text}'` : `CAST(X'${utf8(text).toHex()}' AS STRING)`

/** A number constant, as a double. */
export const numberSql = (value: number): string => `${value}D`

/** Part of a view's name that any site may stand in. */
export const nameOfSite = (site: string): string => utf8(site).toHex()

/** Where a field that was read and checked stands: no column of our own begins so. */
export const columnOf = (field: string): string => `f_${field}`

/** SELECTs without FROM, each over the one before and the first over a view. */
export const layered = (view: string, selects: readonly string[]): string =>
  selects.reduce((from, select, i) => `${select}\nFROM ${i === 0 ? from : `(${from})`}`, view)
