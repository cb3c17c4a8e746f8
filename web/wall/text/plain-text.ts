const LENGTH_MAX = 200
const REORDERING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const codeOf = (mark: string): string => `‹${mark.charCodeAt(0).toString(16).toUpperCase()}›`

/** Hostile text as it may be shown: cut to 200 characters, reordering marks made visible (U12). */
export function plainText(text: string): string {
  const cut = text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX - 1)}…` : text
  return cut.replace(REORDERING, codeOf)
}
