import { z } from 'zod'
import { durationText, parseDuration, parseSize } from './quantity.ts'

/** What the manual says of a field beside its name; `example` is how a person writes it. */
export type FieldNote = { readonly description: string; readonly example: unknown }

type DurationNote = FieldNote & { readonly msMin?: number; readonly msMax?: number }
const DAY_MS = 86_400_000

/** A duration with its unit, given on as ms. */
function duration(note: DurationNote) {
  const { msMin = 0, msMax = 3650 * DAY_MS, description, example } = note
  const bounds = `${durationText(msMin)} to ${durationText(msMax)}`
  return z
    .string()
    .meta({ description, examples: [example], unit: 'duration', bounds })
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms !== undefined && ms >= msMin && ms <= msMax) return ms
      const message = ms === undefined ? 'is no duration' : `is not within ${bounds}`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
}

/** A size with its unit, given on as bytes. */
function size(note: FieldNote & { readonly bytesMin: number }) {
  const { bytesMin, description, example } = note
  return z
    .string()
    .meta({ description, examples: [example], unit: 'size', bounds: `at least ${bytesMin} B` })
    .transform((text, context) => {
      const bytes = parseSize(text)
      if (bytes !== undefined && bytes >= bytesMin) return bytes
      const message = bytes === undefined ? 'is no size' : `is below ${bytesMin} B`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
}

/** A name that matches a pattern, which the manual shows. */
function name(note: FieldNote & { readonly pattern: RegExp }) {
  const { pattern, description, example } = note
  return z
    .string()
    .regex(pattern)
    .meta({ description, examples: [example], bounds: pattern.source })
}

/** Any text of 1 to 4,096 characters. */
function text(note: FieldNote) {
  const { description, example } = note
  return z
    .string()
    .min(1)
    .max(4096)
    .meta({ description, examples: [example] })
}

/** A number within bounds, both included. */
function number(note: FieldNote & { readonly min: number; readonly max: number }) {
  const { min, max, description, example } = note
  return z
    .number()
    .min(min)
    .max(max)
    .meta({ description, examples: [example] })
}

/** A whole number within bounds, both included. */
function integer(note: FieldNote & { readonly min: number; readonly max: number }) {
  const { min, max, description, example } = note
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ description, examples: [example] })
}

/** One of a few words. */
function oneOf<const Words extends readonly [string, ...string[]]>(words: Words, note: FieldNote) {
  const { description, example } = note
  return z.enum(words).meta({ description, examples: [example] })
}

/** Yes or no. */
function flag(note: FieldNote) {
  const { description, example } = note
  return z.boolean().meta({ description, examples: [example] })
}

/** The kinds of field that the configuration is made of, each with its note for the manual. */
export const field = { duration, size, name, text, number, integer, oneOf, flag } as const
