import { ageText, clockText } from './text/age-text.ts'
import type { WallContext } from './wall-context.ts'

/** U3: beyond this the picture is no longer of now. */
const LAG_MS_MAX = 15_000

/** The band that says that the picture is not of now; absent while it is. */
export function StaleBand({ context: { state, now } }: { context: WallContext }) {
  const { cells, frameAt, isStale } = state
  const sinceMs = frameAt === undefined ? undefined : performance.now() - frameAt
  if (isStale) {
    return (
      <div class="band" role="alert">
        <strong>{frameAt === undefined ? 'Connecting' : 'No feed'}</strong>
        {sinceMs === undefined
          ? 'nothing has been heard yet'
          : `last picture ${ageText(sinceMs)} ago, at ${clockText(now - sinceMs)}; trying again`}
      </div>
    )
  }
  if (cells?.feed !== 'live') {
    const isBroken = cells?.feed === 'broken'
    return (
      <div class="band" role="alert">
        <strong>{isBroken ? 'Logs unreadable' : 'Restoring'}</strong>
        {isBroken
          ? 'the server cannot read its logs'
          : 'open alerts are being rebuilt from the log'}
      </div>
    )
  }
  const lag = cells.lag_ms
  const newestAge = cells.newest_at === null ? 0 : now - cells.newest_at
  if (newestAge <= LAG_MS_MAX) return <div class="band-place" role="alert" />
  return (
    <div class="band" role="alert">
      <strong>Behind</strong>
      the newest event is {ageText(newestAge)} old{lag === null ? '' : '; nothing here is of now'}
    </div>
  )
}
