import { Readable } from 'node:stream'
import { NocturneError } from '../../model/nocturne-error.ts'
import type { AlertsView, LagView } from '../contract.ts'
import { expressionText, ruleText } from '../answer/expression-text.ts'
import { lagView } from '../answer/lag-answer.ts'
import { prometheusAnswer } from '../answer/prometheus-answer.ts'
import { queryField, type Query } from '../answer/query-field.ts'
import type { Answer, Route } from './route.ts'
import { streamAnswer } from '../answer/stream-answer.ts'
import { thresholdsOf, namesByThreshold } from '../view/threshold.ts'
import { tailTopic, type TopicTailQuery } from '../answer/topic-tail.ts'

const ours: Answer = ({ view, clock }): AlertsView => ({
  now: clock.now(),
  feed: view.feed,
  alerts: view.alerts,
})

const stream: Answer = ({ view, store, clock }, { query }) => {
  const fields = query as Query
  const subject = {
    stream: queryField.text(fields, 'stream'),
    scope: queryField.text(fields, 'scope'),
  }
  return streamAnswer(subject, {
    view,
    store,
    monitors: view.monitors.list,
    now: clock.now(),
  })
}

const monitorList: Answer = ({ view }) => ({
  monitors: view.monitors.list.map((monitor) => ({
    id: monitor.id,
    definition: monitor.definition,
    group_by: monitor.groupBy,
    where: monitor.where === undefined ? null : expressionText(monitor.where),
    size_ms: monitor.window.sizeMs,
    hop_ms: monitor.window.hopMs,
    lateness_ms: monitor.window.latenessMs,
    scopes: monitor.scopes,
    values: namesByThreshold(monitor),
    thresholds: thresholdsOf(monitor),
    rules: monitor.rules.map((rule) => ({ id: rule.id, alert: rule.alert, opens: ruleText(rule) })),
  })),
})

const lag: Answer = async ({ log, clock, readTo, gaps }, { query }): Promise<LagView> => {
  const group = queryField.textOr(query as Query, 'group', '')
  const only = group === '' ? {} : { group }
  return lagView({ log, now: clock.now(), readTo, ...only }, gaps())
}

function tailStart(fields: Query): TopicTailQuery['from'] {
  const from = queryField.textOr(fields, 'from', '-100')
  if (from === 'earliest' || from === 'latest') return from
  const number = Number(from)
  if (!Number.isSafeInteger(number) || from.trim() === '') {
    throw new NocturneError('SERVE_QUERY_INVALID', 'from is no offset, earliest, latest or -n')
  }
  return number < 0 ? { last: -number } : { offset: number }
}

const tail: Answer = async ({ log, stopping }, request, reply) => {
  const fields = request.query as Query
  const gone = new AbortController()
  reply.raw.on('close', () => gone.abort())
  const isFollowing = queryField.textOr(fields, 'follow', '0') === '1'
  const limit = { least: 1, most: 100_000, otherwise: isFollowing ? 100_000 : 1_000 }
  const lines = tailTopic(
    log,
    {
      topic: queryField.text(fields, 'topic'),
      partition: queryField.integerOr(fields, 'partition', { least: 0, most: 4_095, otherwise: 0 }),
      from: tailStart(fields),
      limit: queryField.integerOr(fields, 'limit', limit),
      isFollowing,
    },
    AbortSignal.any([gone.signal, stopping]),
  )
  // The stream's own buffer is the bound: a slow reader makes the log wait, not the memory grow.
  return reply.type('application/x-ndjson').send(Readable.from(lines))
}

const get = (path: string, answer: Answer): Route => ({
  method: 'GET',
  path,
  bodyBytesMax: 0,
  answer,
})

/** What can be read, beside the live feed. */
export const queryRoutes: readonly Route[] = [
  get('/api/v1/alerts', ({ view }) => prometheusAnswer.alerts(view.alerts)),
  get('/api/v1/rules', ({ view }) => prometheusAnswer.rules(view.monitors.list, view.alerts)),
  get('/api/v1/lag', lag),
  get('/api/alerts', ours),
  get('/api/stream', stream),
  get('/api/monitors', monitorList),
  get('/api/tail', tail),
]
