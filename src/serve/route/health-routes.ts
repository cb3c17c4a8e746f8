import type { Query } from '../answer/query-field.ts'
import type { Answer, Route } from './route.ts'
import type { ReadinessCheck, ServeContext } from '../serve-context.ts'

const alive: Answer = () => ({ status: 'alive' })

const checksOf = ({ view, readiness }: ServeContext): readonly ReadinessCheck[] => {
  const own: ReadinessCheck =
    view.feed === 'live'
      ? { name: 'alerts restored', isOk: true }
      : { name: 'alerts restored', isOk: false, code: 'APP_RESTORING' }
  return [own, ...readiness()]
}

const ready: Answer = (context, request, reply) => {
  const checks = checksOf(context)
  const isReady = checks.every(({ isOk }) => isOk)
  void reply.code(isReady ? 200 : 503)
  const status = isReady ? 'ready' : 'not ready'
  if ((request.query as Query)['verbose'] === undefined) return { status }
  return {
    status,
    checks: checks.map(({ name, isOk, code, detail }) => ({
      name,
      ok: isOk,
      code: code ?? null,
      ...(detail !== undefined && { detail }),
    })),
  }
}

const metrics: Answer = async (context, _request, reply) => {
  void reply.type(context.metrics.contentType)
  return context.metrics.metrics()
}

const get = (path: string, answer: Answer): Route => ({
  method: 'GET',
  path,
  bodyBytesMax: 0,
  answer,
})

/** R1, R2 and R7. None of these asks a dependency: they answer from memory. */
export const healthRoutes: readonly Route[] = [
  ...['/livez', '/healthz', '/-/healthy'].map((path) => get(path, alive)),
  ...['/readyz', '/-/ready'].map((path) => get(path, ready)),
  get('/metrics', metrics),
]
