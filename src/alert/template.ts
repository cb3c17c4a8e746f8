import { termNamed } from '../model/history-term.ts'

/** What an annotation may name: the alert's labels, the window's values and what the past was. */
export type TemplateFacts = Readonly<Record<string, string | number>>

const PLACE = /\{\{\s*([A-Za-z_][A-Za-z0-9_]*(?:\([^(){}]*\))?)\s*\}\}/g

/** The names in `{{name}}` places, in order, each once: the configuration checks them on load. */
export function templateNames(template: string): readonly string[] {
  return [...new Set([...template.matchAll(PLACE)].map((match) => termNamed(match[1] ?? '')))]
}

/**
 * Fills `{{name}}` places; a value that is undefined reads `unknown` (V2). There is no code in
 * templates, and what is filled in is never read as a template again.
 */
export function renderTemplate(template: string, facts: TemplateFacts): string {
  return template.replace(PLACE, (_, written: string) => {
    const name = termNamed(written)
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined
    if (fact === undefined || Number.isNaN(fact)) return 'unknown'
    return typeof fact === 'number' ? shownNumber(fact) : fact
  })
}

/** At most four significant digits: a person reads 0.02513 as 2.5 %, and no more is known. */
const shownNumber = (value: number): string => String(Number(value.toPrecision(4)))
