import { z } from 'zod'
import { field } from '../field.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/
const MINUTE_MS = 60_000

const fieldName = (description: string, example: string) =>
  field.name({ description, example, pattern: NAME })
const severity = (description: string) =>
  field.oneOf(['info', 'warning', 'critical'], { description, example: 'critical' })
const condition = (description: string, example: string) => field.text({ description, example })

const aggregateSchema = z
  .strictObject({
    count: fieldName('Counts rows: `rows`, or the rows that have this field.', 'rows').optional(),
    sum: fieldName('Sums this field.', 'retrans').optional(),
    min: fieldName('The least value of this field.', 'buffer_ms').optional(),
    max: fieldName('The greatest value of this field.', 'rtt_ms').optional(),
    mean: fieldName('The mean of this field, unweighted.', 'rtt_ms').optional(),
    quantile: fieldName(
      'The value at rank `q` of this field, within 1 % ± 0.0005.',
      'rtt_ms',
    ).optional(),
    q: field
      .number({ description: 'The rank of a quantile.', example: 0.95, min: 0, max: 1 })
      .optional(),
    distinct: fieldName(
      'How many different values this field has; exact up to 256, then ± 1.63 %.',
      'session',
    ).optional(),
    where: condition('Rows that this aggregate alone takes.', 'status >= 500').optional(),
    resolution: z
      .literal([1, 0.1, 0.01, 0.001, 0.0001, 0.00001, 0.000001])
      .meta({
        description:
          'What a sum is rounded to, once a row; 1 for counts and bytes, 0.001 otherwise.',
        examples: [0.001],
      })
      .optional(),
  })
  .meta({ description: 'One aggregate: one of the kinds below, with what belongs to it.' })

const levelSchema = z.strictObject({
  severity: severity('How bad this level is.'),
  when: condition('The level switches on where this is true.', 'retrans > 400'),
  clear: condition(
    'The level switches off where this is true; not `when` by default.',
    'retrans < 150',
  ).optional(),
})

const scope = field.oneOf(['site', 'all'], {
  description: 'One site’s own windows, or the windows over all sites.',
  example: 'site',
})

const labelsOf = (description: string, example: Readonly<Record<string, string>>) =>
  z
    .record(z.string().regex(NAME), z.string().min(1).max(1024))
    .meta({ description, examples: [example] })

const ruleSchema = z
  .strictObject({
    alert: field.name({
      description: 'Name of the alert; it occurs once over all files.',
      example: 'RetransmitsHigh',
      pattern: /^[A-Za-z_][A-Za-z0-9_:-]{0,127}$/,
    }),
    when: condition(
      'The rule breaches where this is true. Needed unless `levels` or `absent_after` is there.',
      'retrans > 400',
    ).optional(),
    clear: condition('Ok where this is true; not `when` by default.', 'retrans < 150').optional(),
    severity: severity('How bad a breach of `when`, or silence, is.').optional(),
    levels: z
      .array(levelSchema)
      .min(1)
      .max(3)
      .meta({ description: 'Up to three levels, rising, instead of `when` and `severity`.' })
      .optional(),
    gate: condition(
      'Minimum audience: while it is false the rule neither opens nor closes.',
      'conns >= 5',
    ).optional(),
    for: field
      .duration({ description: 'A breach held this long opens.', example: '5s' })
      .optional(),
    of: z
      .strictObject({
        m: field.integer({ description: 'Breaches needed.', example: 3, min: 1, max: 60 }),
        n: field.integer({ description: 'Last known ticks.', example: 5, min: 1, max: 60 }),
      })
      .meta({ description: 'Opens on m breaches among the last n known ticks; not with `for`.' })
      .optional(),
    clear_for: field
      .duration({ description: 'Ok held this long resolves.', example: '30s' })
      .prefault('0s'),
    absent_after: field
      .duration({
        description: 'Silence of a group this long is a breach; without it silence is not judged.',
        example: '15s',
        msMin: 1,
      })
      .optional(),
    absent_severity: severity('How bad silence is; the lowest level’s by default.').optional(),
    empty: field
      .oneOf(['unknown', 'zero'], {
        description: 'What a complete window without rows says.',
        example: 'zero',
      })
      .default('unknown'),
    scope: z
      .union([scope, z.array(scope).min(1).max(2)])
      .meta({
        description:
          'Where it is judged; `site` where `group_by` names site or pop, else `all`. A ' +
          'list: both.',
        examples: ['site'],
      })
      .optional(),
    early: field
      .oneOf(['auto', 'off'], {
        description:
          'Whether open windows are tried where rows can only make the rule truer: `&&` ' +
          'of sum, count or max above a constant.',
        example: 'off',
      })
      .default('auto'),
    bound: field
      .oneOf(['lower', 'upper'], {
        description:
          'Where rows are a sample: `when` reads this end of the 95 % interval, and `clear` has ' +
          'to hold at both; for sums, counts, distinct counts and values made of them.',
        example: 'lower',
      })
      .optional(),
    freeze_max: field
      .duration({
        description: 'Longest unbroken unknown that a pending or recovering alert survives.',
        example: '5m',
      })
      .prefault('5m'),
    max_instances: field
      .integer({
        description: 'Most groups that this rule follows.',
        example: 10_000,
        min: 1,
        max: 1_000_000,
      })
      .default(10_000),
    layer: field
      .oneOf(['transport', 'delivery', 'client', 'platform'], {
        description: 'What it looks at, for lead time.',
        example: 'delivery',
      })
      .default('transport'),
    labels: labelsOf('Labels to show and to route by.', { team: 'cdn' }).default({}),
    annotations: labelsOf(
      'Texts for people; `{{name}}` stands for a value, an aggregate or a label.',
      { summary: '{{retrans}} retransmits on {{stream}}' },
    ).default({}),
    runbook: field
      .text({ description: 'Where it says what to do.', example: 'https://wiki/retransmits' })
      .optional(),
  })
  .meta({ description: 'One rule over the windows of its monitor.' })

/** One monitor as it is written (formats.md 5). */
export const monitorSchema = z
  .strictObject({
    id: field.name({
      description: 'Name of the monitor.',
      example: 'tcp-retransmits',
      pattern: /^[a-z0-9-]{1,64}$/,
    }),
    where: condition('Rows that it takes; all by default.', 'src == "tcp"').optional(),
    group_by: z
      .array(fieldName('A field.', 'stream'))
      .max(8)
      .meta({
        description: 'Fields whose values make a group; empty: one group.',
        examples: [['stream', 'pop']],
      })
      .default([]),
    window: z
      .strictObject({
        size: field.duration({
          description: 'Length of a window.',
          example: '10s',
          msMin: 100,
          msMax: 60 * MINUTE_MS,
        }),
        hop: field
          .duration({
            description: 'From one window to the next; divides `size`, which is its default.',
            example: '1s',
            msMin: 100,
            msMax: 60 * MINUTE_MS,
          })
          .optional(),
        lateness: field.duration({
          description:
            'How late a row may come before its window closes. There is no default, ' +
            'because only its author knows the sources: ss and server logs need 2s, ' +
            'players’ reports 10s.',
          example: '2s',
          msMax: 60 * MINUTE_MS,
        }),
        emit: field
          .duration({
            description: 'How often open panes are shown; 0s: after every batch.',
            example: '200ms',
            msMax: MINUTE_MS,
          })
          .prefault('200ms'),
        correction: field
          .duration({
            description: 'How long after its close a window still takes late rows.',
            example: '60s',
            msMax: 60 * MINUTE_MS,
          })
          .prefault('60s'),
      })
      .meta({ description: 'The windows, in event time.' }),
    aggregates: z
      .record(z.string().regex(NAME), aggregateSchema)
      .meta({ description: 'Named aggregates over the rows of a window; at most 32.' }),
    values: z
      .record(z.string().regex(NAME), condition('Arithmetic over aggregates.', 'late / segments'))
      .meta({
        description: 'Named arithmetic over aggregates, on the merged result; only here is `/`.',
        examples: [{ loss: 'bytes_retrans / bytes_sent' }],
      })
      .default({}),
    rules: z.array(ruleSchema).max(100).meta({ description: 'When people are told.' }).default([]),
  })
  .meta({ description: 'One monitor: what is measured, over which windows, and its rules.' })

/** A monitor after its schema, durations in ms. */
export type MonitorFields = z.infer<typeof monitorSchema>
/** A rule after its schema. */
export type RuleFields = MonitorFields['rules'][number]
/** An aggregate after its schema. */
export type AggregateFields = MonitorFields['aggregates'][string]
