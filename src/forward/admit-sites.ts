import type { Claim, LogBatch, LogRecord } from '../log/log.ts'
import { bytesOf } from '../model/record-columns.ts'
import type { Step, Told } from '../model/step.ts'
import { siteOf } from '../model/topics.ts'
import { utf8 } from '../std/bytes.ts'
import { decodeTransition, encodeTransition } from '../wire/step-codec.ts'
import { beginAt, copyTurns, type CopiedTurn } from './copy-turns.ts'
import type { ForwardDeps } from './forward-progress.ts'
import { PanesReader } from './pane-record.ts'
import { Refusals } from './refusals.ts'
import { LANES_MAX, spread, type Crossing } from './spread.ts'

/** The built-in alert of a dark site: the cloud judges that of its sites itself. */
const SITE_DOWN = 'nocturne_site_down'

/** One site of a cloud. */
export type AdmittedSite = ForwardDeps & { readonly site: string }

/**
 * Admits the claimed partition of a site's panes into the cloud's `panes`, until the claim's
 * signal aborts. A record that speaks for another site is refused (R21): it goes to `rejected`.
 */
export async function admitPanes(deps: AdmittedSite, claim: Claim): Promise<void> {
  const crossing = await crossingTo(deps, claim)
  const refusals = new Refusals(deps)
  const reader = new PanesReader()
  const copy = async (batch: LogBatch): Promise<CopiedTurn> => {
    const records: LogRecord[] = []
    const last: LogRecord[] = []
    for (let row = 0; row < batch.count; row++) {
      const { bytes, starts, lengths } = batch.values
      const facts = reader.read({ bytes, start: starts[row]!, length: lengths[row]! })
      if (facts.kind === 'rejected') refusals.add(batch, row, facts.reason)
      else if (facts.kind === 'clock' || facts.kind === 'fact') refusals.add(batch, row, facts.kind)
      else {
        const site = facts.kind === 'pane' ? facts.site : facts.watermark.site
        const reason = facts.kind === 'pane' ? undefined : faultOf(facts.watermark, crossing)
        if (siteOf(site) !== deps.site) refusals.add(batch, row, 'site')
        else if (reason !== undefined) refusals.add(batch, row, reason)
        else if (facts.kind === 'watermark') last.push(...spread(facts.watermark, crossing))
        else records.push(recordAt(batch, row))
      }
    }
    await refusals.append()
    return { records, last, note: '' }
  }
  const from = await beginAt(deps, claim)
  await copyTurns(deps, claim, { from, kind: { to: deps.log, topic: 'panes', copy } })
}

/**
 * Admits the claimed partition of a site's steps, and of what it told of them, into the cloud's
 * `transitions`; as `admitPanes`. Each step's receipt says when it came into the cloud's log (A71).
 */
export async function admitSteps(deps: AdmittedSite, claim: Claim): Promise<void> {
  const refusals = new Refusals(deps)
  const copy = async (batch: LogBatch): Promise<CopiedTurn> => {
    const records: LogRecord[] = []
    for (let row = 0; row < batch.count; row++) {
      const decoded = decodeTransition(bytesOf(batch.values, row))
      const reason = decoded.ok ? refusalOf(decoded.record, deps.site) : decoded.reason
      if (!decoded.ok || reason !== undefined) {
        refusals.add(batch, row, reason ?? 'shape')
        continue
      }
      const record = stamped(decoded.record, { site: deps.site, at: batch.times[row]! })
      const key = utf8(record.fingerprint)
      records.push({ key, value: encodeTransition(record) })
    }
    await refusals.append()
    return { records, note: '' }
  }
  const from = await beginAt(deps, claim)
  await copyTurns(deps, claim, { from, kind: { to: deps.log, topic: 'transitions', copy } })
}

/** Why a step may not come in: it speaks for another site, or for none. */
function refusalOf(record: Step | Told, site: string): string | undefined {
  if (record.kind === 'notice') return undefined
  const said = record.labels['site']
  if (said === undefined || siteOf(said) !== site) return 'site'
  return record.alert === SITE_DOWN ? 'cloud_judges' : undefined
}

/** What was told carries who told it: no site can say that another's page was sent. */
function stamped(
  record: Step | Told,
  from: { readonly site: string; readonly at: number },
): Step | Told {
  if (record.kind === 'notice') return { ...record, site: from.site }
  return { ...record, receipt: { ...record.receipt, forwarded: from.at } }
}

/** Numbers that would make us hold or write more than any site has need of (D5). */
function faultOf(
  { of, partition, lane = 0, lanes = 1 }: Parameters<typeof spread>[0],
  crossing: Crossing,
): string | undefined {
  const isWithin = of <= PARTITIONS_MAX && partition < of && lane < lanes
  return isWithin && lanes * crossing.of <= LANES_MAX ? undefined : 'lanes'
}

/** More partitions than any log of ours may have. */
const PARTITIONS_MAX = 1024

const recordAt = (batch: LogBatch, row: number): LogRecord => ({
  key: bytesOf(batch.keys, row),
  value: bytesOf(batch.values, row),
})

async function crossingTo({ log }: ForwardDeps, claim: Claim): Promise<Crossing> {
  const [from, to] = await Promise.all([log.ends(claim.topic), log.ends('panes')])
  return { from: claim.partition, of: from.length, to: to.length }
}
