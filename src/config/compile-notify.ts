import { compileMatchers, type Matcher } from '../alert/matcher.ts'
import { routeDefaults } from '../notify/notify-defaults.ts'
import type { ReceiverSpec, RouteSpec } from '../notify/notify-spec.ts'
import type { ConfigPath } from './config-error.ts'
import type { Findings } from './expressions.ts'
import { nearestName } from './nearest-name.ts'
import type { ChildRoute, NotifyFields } from './schema/notify-schema.ts'

/** Reads a secret file's text; undefined after it has added a finding. */
export type ReadSecret = (path: string, at: ConfigPath) => string | undefined

type Receiver = NotifyFields['receivers'][number]
type Place = { readonly path: ConfigPath; readonly findings: Findings }

/** The section `notify` as written, checked, with all that routes inherit filled in. */
export function compileNotify(
  fields: NotifyFields,
  findings: Findings,
  readSecret: ReadSecret,
): { readonly receivers: readonly ReceiverSpec[]; readonly route: RouteSpec } {
  const names = fields.receivers.map(({ name }) => name)
  const receivers = fields.receivers.map((receiver, i) => {
    const path = ['notify', 'receivers', i]
    if (names.indexOf(receiver.name) !== i) {
      findings.push({
        path: [...path, 'name'],
        message: `is the name of notify.receivers[${names.indexOf(receiver.name)}] too`,
        advice: 'give each receiver a name of its own',
      })
    }
    return compileReceiver(receiver, { path, findings }, readSecret)
  })
  const { route } = fields
  const top: Inherited = {
    receiver: route.receiver ?? names[0] ?? '',
    groupBy: route.group_by,
    groupWaitMs: route.group_wait ?? routeDefaults.groupWaitMs,
    groupIntervalMs: route.group_interval ?? routeDefaults.groupIntervalMs,
    repeatMs: route.repeat_interval ?? routeDefaults.repeatMs,
  }
  const place = { path: ['notify', 'route'], findings }
  checkReceiver(top.receiver, names, place)
  const routes = route.routes.map((child, i) =>
    compileRoute(child, top, { ...place, names, path: [...place.path, 'routes', i] }),
  )
  return { receivers, route: { ...top, matchers: [], continue: false, routes } }
}

type Inherited = Pick<
  RouteSpec,
  'receiver' | 'groupBy' | 'groupWaitMs' | 'groupIntervalMs' | 'repeatMs'
>

function compileRoute(
  fields: ChildRoute,
  above: Inherited,
  place: Place & { readonly names: readonly string[] },
): RouteSpec {
  const { path, findings, names } = place
  const own: Inherited = {
    receiver: fields.receiver ?? above.receiver,
    groupBy: fields.group_by ?? above.groupBy,
    groupWaitMs: fields.group_wait ?? above.groupWaitMs,
    groupIntervalMs: fields.group_interval ?? above.groupIntervalMs,
    repeatMs: fields.repeat_interval ?? above.repeatMs,
  }
  if (fields.receiver !== undefined) checkReceiver(own.receiver, names, place)
  return {
    ...own,
    matchers: fields.matchers.flatMap((text, i) => {
      const matcher = parseMatcher(text)
      if (typeof matcher !== 'string') return [matcher]
      findings.push({ path: [...path, 'matchers', i], message: 'is no matcher', advice: matcher })
      return []
    }),
    continue: fields.continue,
    routes: fields.routes.map((child, i) =>
      compileRoute(child, own, { ...place, path: [...path, 'routes', i] }),
    ),
  }
}

function checkReceiver(name: string, names: readonly string[], { path, findings }: Place): void {
  if (names.includes(name)) return
  const near = nearestName(name, names)
  findings.push({
    path: [...path, 'receiver'],
    message: `there is no receiver ${JSON.stringify(name)}`,
    advice:
      near === undefined
        ? `write one of ${[...new Set(names)].join(', ')}`
        : `did you mean ${near}?`,
  })
}

/** A matcher as Alertmanager writes it, or what to write instead. */
function parseMatcher(text: string): Matcher | string {
  const match =
    /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*$/.exec(text)
  const [, name, op, quoted, bare] = match ?? []
  if (name === undefined || (op !== '=' && op !== '!=' && op !== '=~' && op !== '!~')) {
    return 'write name = "value", or != =~ !~ between them'
  }
  const value = quoted?.replace(/\\(["\\])/g, '$1') ?? bare ?? ''
  const compiled = compileMatchers([{ name, op, value }])
  return compiled.ok ? { name, op, value } : compiled.message
}

function compileReceiver(fields: Receiver, place: Place, readSecret: ReadSecret): ReceiverSpec {
  return {
    name: fields.name,
    kind: fields.kind,
    urls: urlsOf(fields, place, readSecret),
    sendResolved: fields.send_resolved,
    resendMs: fields.resend,
    alertsMax: fields.max_alerts,
  }
}

function urlsOf(fields: Receiver, place: Place, readSecret: ReadSecret): readonly string[] {
  const { path, findings } = place
  const { kind, url, url_file: file, urls } = fields
  const refuse = (key: string, message: string, advice: string): void => {
    findings.push({ path: [...path, key], message, advice })
  }
  if (kind === 'alertmanager') {
    if (url !== undefined) refuse('url', 'is not for an alertmanager', 'write urls: [ … ]')
    if (file !== undefined) refuse('url_file', 'is not for an alertmanager', 'write urls: [ … ]')
    if (urls === undefined) refuse('urls', 'is missing', 'write urls: ["http://127.0.0.1:9093"]')
    return urls ?? []
  }
  if (urls !== undefined) refuse('urls', `is not for a ${kind}`, 'write kind: alertmanager')
  if (kind === 'terminal') {
    if ((url ?? file) !== undefined) {
      refuse(url === undefined ? 'url_file' : 'url', 'is not for a terminal', 'leave it out')
    }
    return []
  }
  if (url !== undefined && file !== undefined) {
    refuse('url_file', 'stands beside url', 'write one of them')
  }
  if (url === undefined && file === undefined) {
    refuse('url', 'is missing', 'write url: http://127.0.0.1:9000/alerts')
  }
  if (file === undefined) return url === undefined ? [] : [url]
  const secret = readSecret(file, [...path, 'url_file'])?.trim()
  if (secret === undefined) return []
  if (URL.canParse(secret) && /^https?:/.test(secret)) return [secret]
  refuse('url_file', 'names a file that holds no URL', 'write one http or https URL into that file')
  return []
}
