import type { CaseAction, CaseFields, CaseValue } from '../../app/case-script.ts'
import { nearestName } from '../../config/nearest-name.ts'
import { parseDuration } from '../../config/quantity.ts'
import { termNamed } from '../../model/history-term.ts'
import { caseValue, type CaseWord } from './case-line.ts'
import { CaseProblem } from './case-problem.ts'

/** The clock of a case where a line stands. */
export type CaseClock = {
  readonly at: number
  readonly startAt: number
  readonly partitions: number
}

type Pair = CaseWord & { readonly name: string; readonly value: string }
type Place = Pick<CaseWord, 'text' | 'column'>
type Line = { readonly words: readonly CaseWord[]; readonly clock: CaseClock }

const VERBS = ['row', 'heartbeat', 'past', 'wait', 'expect'] as const
const SUBJECTS = ['window', 'no', 'transition', 'rows'] as const
const COUNTS = ['rows', 'rejected', 'late', 'repeats'] as const
const STEPS = [
  'pending',
  'firing',
  'dropped',
  'raised',
  'lowered',
  'cause',
  'recovering',
  'refiring',
  'resolved',
  'nodata',
  'fresh',
  'acked',
  'unacked',
]

/** What one line does or expects. @throws CaseProblem at the word that is wrong. */
export function caseAction(words: readonly CaseWord[], clock: CaseClock, text: string): CaseAction {
  const [verb, ...rest] = words
  const line = { words: rest, clock }
  switch (verb?.text) {
    case 'row':
      return rowAction(line, text)
    case 'heartbeat':
      return heartbeatAction(line)
    case 'past':
      return pastAction(line, verb)
    case 'wait':
      return { kind: 'wait' }
    case 'expect':
      return expectation(line, verb)
    case undefined:
      throw new CaseProblem({ column: 1 }, 'says not what happens', `write ${VERBS.join(', ')}`)
    default:
      throw unknown(verb ?? NOWHERE, VERBS)
  }
}

const NOWHERE = { text: '', column: 1 } as const

function rowAction({ words, clock }: Line, text: string): CaseAction {
  const json = /(?:^|\s)row\s+(\{.*\})\s*$/.exec(text)?.[1]
  if (json !== undefined) return { kind: 'row', row: { ts: clock.at, ...jsonObject(json, words) } }
  const row: Record<string, string | number | boolean> = { ts: clock.at }
  for (const pair of words.map(pairOf)) {
    row[pair.name] = pair.name === 'ts' ? timeOf(pair, clock) : valueOf(pair)
  }
  return { kind: 'row', row }
}

function jsonObject(json: string, [first = NOWHERE]: readonly Place[]): object {
  try {
    return JSON.parse(json) as object
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new CaseProblem(first, 'is no JSON', 'write row {"stream":"a"} or row stream=a')
  }
}

function heartbeatAction({ words, clock }: Line): CaseAction {
  let ts = clock.at
  let site: string | undefined
  let partition: number | undefined
  for (const pair of words.map(pairOf)) {
    if (pair.name === 'ts') ts = timeOf(pair, clock)
    else if (pair.name === 'site') site = String(valueOf(pair))
    else if (pair.name === 'partition') partition = partitionOf(pair, clock)
    else throw unknown(nameOf(pair), ['ts', 'site', 'partition'])
  }
  return {
    kind: 'heartbeat',
    ts,
    ...(site === undefined ? {} : { site }),
    ...(partition === undefined ? {} : { partition }),
  }
}

function pastAction({ words }: Line, verb: CaseWord): CaseAction {
  const [monitor, term, number, ...pairs] = words
  const advice = 'write past MONITOR base(retrans,1h) 140 stream=a, or unknown for 140'
  if (monitor === undefined || term === undefined || number === undefined)
    throw new CaseProblem(verb, 'the past needs its monitor, its term and a number', advice)
  const value = number.text === 'unknown' ? null : caseValue(number.text)
  if (value !== null && typeof value !== 'number') throw new CaseProblem(number, 'is none', advice)
  const written = caseValue(term.text)
  const fields = Object.fromEntries(pairs.map(pairOf).map((pair) => [pair.name, valueOf(pair)]))
  const name = termNamed(String(written))
  return { kind: 'past', monitor: monitor.text, term: name, number: value, fields }
}

function expectation({ words, clock }: Line, verb: CaseWord): CaseAction {
  const [subject, ...rest] = words
  switch (subject?.text) {
    case 'window':
      return windowAction({ words: rest, clock }, { subject, isThere: true })
    case 'transition':
      return transitionAction({ words: rest, clock }, subject)
    case 'rows':
      return countsAction(rest)
    case 'no':
      if (/^transitions?$/.test(rest[0]?.text ?? '')) return { kind: 'no-transition' }
      if (rest[0]?.text === 'window') {
        const isThere = false
        return windowAction({ words: rest.slice(1), clock }, { subject: rest[0], isThere })
      }
      throw unknown(rest[0] ?? subject, ['transition', 'window'])
    default:
      throw unknown(subject ?? verb, SUBJECTS)
  }
}

function windowAction(
  { words, clock }: Line,
  { subject, isThere }: { readonly subject: CaseWord; readonly isThere: boolean },
): CaseAction {
  const [monitor, ...pairs] = words
  const advice = 'write expect window MONITOR stream=a end=10s name=value'
  if (monitor === undefined || monitor.name !== undefined) {
    throw new CaseProblem(monitor ?? subject, 'a window needs its monitor', advice)
  }
  const fields: Record<string, string | boolean> = {}
  const values: Record<string, CaseValue> = {}
  let end: number | undefined
  for (const pair of pairs.map(pairOf)) {
    const value = pair.name === 'end' ? undefined : valueOf(pair)
    if (pair.name === 'end') end = timeOf(pair, clock)
    else if (typeof value === 'number') {
      values[pair.name] = { value, isApproximate: pair.isApproximate }
    } else if (value !== undefined) fields[pair.name] = value
  }
  if (end === undefined) throw new CaseProblem(subject, 'a window needs its end', advice)
  return { kind: 'window', monitor: monitor.text, end, isThere, fields, values }
}

function transitionAction({ words, clock }: Line, subject: CaseWord): CaseAction {
  const [alert, step, ...pairs] = words
  const advice = 'write expect transition ALERT firing at=10s'
  if (alert === undefined || step === undefined || alert.name !== undefined) {
    throw new CaseProblem(alert ?? subject, 'a transition needs its alert and its step', advice)
  }
  if (!STEPS.includes(step.text)) throw unknown(step, STEPS)
  const fields: Record<string, CaseFields[string]> = {}
  let at: number | undefined
  for (const pair of pairs.map(pairOf)) {
    if (pair.name === 'at') at = timeOf(pair, clock)
    else fields[pair.name] = valueOf(pair)
  }
  const when = at === undefined ? {} : { at }
  return { kind: 'transition', alert: alert.text, step: step.text, ...when, fields }
}

function countsAction(words: readonly CaseWord[]): CaseAction {
  const counts: Record<string, number> = {}
  for (const pair of words.map(pairOf)) {
    const name = pair.name === 'accepted' ? 'rows' : pair.name
    if (!COUNTS.some((known) => known === name)) throw unknown(nameOf(pair), COUNTS)
    const value = valueOf(pair)
    if (typeof value !== 'number') throw new CaseProblem(pair, 'is no number', 'write late=1')
    counts[name] = value
  }
  return { kind: 'counts', counts }
}

function pairOf(word: CaseWord): Pair {
  const { name, value } = word
  if (name === undefined || value === undefined) {
    throw new CaseProblem(word, `${word.text} is no name=value`, 'write such as stream=arena-1')
  }
  return { ...word, name, value }
}

const nameOf = ({ name, column }: Pair): Place => ({ text: name, column })

function valueOf(pair: Pair): string | number | boolean {
  const value = caseValue(pair.value)
  if (value !== undefined) return value
  throw new CaseProblem(pair, `${pair.name} has no value`, 'write a number, a text, or "a text"')
}

function timeOf(pair: Pair, { startAt }: CaseClock): number {
  const isBefore = pair.value.startsWith('-')
  const ms = parseDuration(isBefore ? pair.value.slice(1) : pair.value)
  if (ms !== undefined) return isBefore ? startAt - ms : startAt + ms
  throw new CaseProblem(pair, `${pair.name} is no time`, 'write a time from the start, such as 10s')
}

function partitionOf(pair: Pair, { partitions }: CaseClock): number {
  const partition = Number(pair.value)
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition
  const advice = `write 0 to ${partitions - 1}, or partitions N first below ---`
  throw new CaseProblem(pair, 'there is no such partition', advice)
}

function unknown({ text, column }: Place, known: readonly string[]): CaseProblem {
  const near = nearestName(text, known)
  const advice = near === undefined ? `write one of ${known.join(', ')}` : `did you mean ${near}?`
  return new CaseProblem({ column }, `${JSON.stringify(text)} is not known here`, advice)
}
