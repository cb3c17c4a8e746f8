import { z } from 'zod'
import { receiverDefaults, routeDefaults } from '../../notify/notify-defaults.ts'
import { field } from '../field.ts'
import { durationText } from '../quantity.ts'

const GROUP_WAIT = durationText(routeDefaults.groupWaitMs)
const GROUP_INTERVAL = durationText(routeDefaults.groupIntervalMs)
const REPEAT = durationText(routeDefaults.repeatMs)

const url = (description: string, example: string) =>
  z
    .url({ protocol: /^https?$/ })
    .meta({ description, examples: [example], bounds: 'http or https' })

const receiverSchema = z
  .strictObject({
    name: field.text({ description: 'What routes call it.', example: 'noc' }),
    kind: field.oneOf(['webhook', 'alertmanager', 'terminal'], {
      description:
        '`webhook` posts Alertmanager’s version-4 body, `alertmanager` keeps alerts ' +
        'open in every Alertmanager named, `terminal` prints.',
      example: 'webhook',
    }),
    url: url('Where a webhook posts to.', 'http://127.0.0.1:9000/alerts').optional(),
    url_file: field
      .text({
        description: 'File that holds `url`, where that is a secret; only its owner may read it.',
        example: '/etc/nocturne/webhook-url',
      })
      .optional(),
    urls: z
      .array(url('One Alertmanager.', 'http://127.0.0.1:9093'))
      .min(1)
      .max(16)
      .meta({ description: 'Every Alertmanager of the cluster, without a path.' })
      .optional(),
    send_resolved: field
      .flag({ description: 'Whether it hears of ends.', example: false })
      .default(receiverDefaults.sendResolved),
    resend: field
      .duration({
        description: 'How often an Alertmanager hears again of what is open.',
        example: '1m',
        msMin: 1000,
      })
      .prefault(durationText(receiverDefaults.resendMs)),
    max_alerts: field
      .integer({
        description: 'Most alerts that one notice shows; the rest are counted.',
        example: 100,
        min: 1,
        max: 5000,
      })
      .default(receiverDefaults.alertsMax),
  })
  .meta({ description: 'Somebody to be told.' })

/** The fields of a route but for the routes below it. */
const routeFields = {
  receiver: field
    .text({ description: 'Name of a receiver; its parent’s by default.', example: 'noc' })
    .optional(),
  group_by: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/))
    .meta({
      description:
        'Labels that make one notice; empty: one for all; by topology where nothing is written.',
      examples: [['alertname', 'site']],
    })
    .optional(),
  group_wait: field
    .duration({
      description: `How long a new group gathers; ${GROUP_WAIT} at the top.`,
      example: '1s',
      msMin: 1,
    })
    .optional(),
  group_interval: field
    .duration({
      description: `Least time between notices of a group; ${GROUP_INTERVAL} at the top.`,
      example: '30s',
      msMin: 1,
    })
    .optional(),
  repeat_interval: field
    .duration({
      description: `When an open group is told again; ${REPEAT} at the top.`,
      example: '4h',
      msMin: 1000,
    })
    .optional(),
}

const childFields = {
  ...routeFields,
  matchers: z
    .array(field.text({ description: 'One matcher.', example: 'severity = "critical"' }))
    .meta({
      description: 'All must match: `name = "value"`, `!=`, `=~` and `!~` with anchored regexes.',
      examples: [['severity = "critical"']],
    })
    .default([]),
  continue: field
    .flag({ description: 'Whether routes after this one are tried too.', example: true })
    .default(false),
}

/** A route below the top, with its own routes. */
export type ChildRoute = z.infer<z.ZodObject<typeof childFields>> & {
  readonly routes: readonly ChildRoute[]
}

const childSchema: z.ZodType<ChildRoute> = z
  .strictObject({
    ...childFields,
    get routes() {
      return z
        .array(childSchema)
        .max(100)
        .meta({ description: 'Routes below this one; the first that matches decides.' })
        .default([])
    },
  })
  .meta({ id: 'route', description: 'One route.' })

const topSchema = z
  .strictObject({
    ...routeFields,
    routes: z
      .array(childSchema)
      .max(100)
      .meta({ description: 'Routes below this one; the first that matches decides.' })
      .default([]),
  })
  .meta({ description: 'Who is told of what. What no route below takes stays here.' })

/** The section `notify`. */
export const notifySchema = z
  .strictObject({
    receivers: z
      .array(receiverSchema)
      .min(1)
      .max(100)
      .meta({ description: 'Who can be told.' })
      .default([
        {
          name: 'terminal',
          kind: 'terminal',
          send_resolved: true,
          resend: 60_000,
          max_alerts: 100,
        },
      ]),
    route: topSchema.prefault({}),
  })
  .meta({ description: 'How people are told; by default on the terminal.' })

/** The section `notify` after its schema. */
export type NotifyFields = z.infer<typeof notifySchema>
