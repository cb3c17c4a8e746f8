/** What an annotation may name: the alert's labels and the window's values. */
export type TemplateFacts = {
  readonly labels: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, number>>
}

const PLACE = /\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g

/** The names in `{{name}}` places, in order, each once: the configuration checks them on load. */
export function templateNames(template: string): readonly string[] {
  return [...new Set([...template.matchAll(PLACE)].map((match) => match[1] ?? ''))]
}

/**
 * Fills `{{name}}` from values, then labels; a value that is undefined reads `unknown` (V2). There
 * is no code in templates, and what is filled in is never read as a template again.
 */
export function fillTemplate(template: string, { labels, values }: TemplateFacts): string {
  return template.replace(PLACE, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value !== undefined && !Number.isNaN(value)) return shownNumber(value)
    return (Object.hasOwn(labels, name) ? labels[name] : undefined) ?? 'unknown'
  })
}

/** At most four significant digits: a person reads 0.02513 as 2.5 %, and no more is known. */
export const shownNumber = (value: number): string => String(Number(value.toPrecision(4)))
