import { actionRoutes } from './action-routes.ts'
import { healthRoutes } from './health-routes.ts'
import { answerLive } from '../feed/live-route.ts'
import { historyRoutes } from './history-routes.ts'
import { queryRoutes } from './query-routes.ts'
import type { Route } from './route.ts'

/** Every address but the wall's own files. */
export const routes: readonly Route[] = [
  { method: 'GET', path: '/api/live', bodyBytesMax: 0, answer: answerLive },
  ...queryRoutes,
  ...historyRoutes,
  ...actionRoutes,
  ...healthRoutes,
]
