import type { Cells, Roster, StateCode } from '../../src/serve/contract.ts'
import { ageText } from './text/age-text.ts'
import { plainText } from './text/plain-text.ts'
import { streamPath } from './screen-address.ts'
import { ShapeIcon } from './shape-icon.tsx'
import { stateLook } from './state-look.ts'
import { nameText, valueText } from './text/value-text.ts'
import type { WallContext } from './wall-context.ts'

/** One cell as it is drawn. */
type Drawn = {
  readonly row: number
  readonly code: StateCode
  readonly isHatched: boolean
  readonly isAcked: boolean
  readonly isCorrected: boolean
}

/** Beneath the band nothing is believed, and above all nothing is green (U2, U3). */
function drawn(cells: Cells, isStale: boolean): readonly Drawn[] {
  return Array.from(cells.states, (letter, row) => {
    const mark = Number.parseInt(cells.marks[row] ?? '0', 16)
    const code = letter as StateCode
    return {
      row,
      code: isStale && (code === 'h' || code === 'e') ? 'o' : code,
      isHatched: isStale || (mark & 1) !== 0,
      isAcked: (mark & 2) !== 0,
      isCorrected: (mark & 4) !== 0,
    }
  })
}

/** Above this many cells of one kind they are small, above the other tiny: all should fit. */
const MIDDLE_MAX = 60
const SMALL_MAX = 360

const sizeOf = (count: number, total: number): string => {
  if (total > SMALL_MAX) return 'cells cells-tiny'
  return count > MIDDLE_MAX ? 'cells cells-small' : 'cells cells-middle'
}

type GridProps = { readonly context: WallContext; readonly isCounting: boolean }

export function CellGrid({ context, isCounting }: GridProps) {
  const { cells, roster } = context.state
  if (cells === undefined || roster === undefined) return <section class="grid" />
  const isBehind = cells.newest_at !== null && context.now - cells.newest_at > 15_000
  const all = drawn(cells, context.state.isStale || isBehind)
  const unwell = all.filter(({ code }) => code !== 'h')
  unwell.sort((a, b) => stateLook[a.code].rank - stateLook[b.code].rank || a.row - b.row)
  const areMany = unwell.length > MIDDLE_MAX
  const well = all.filter(({ code }) => code === 'h')
  return (
    <section class="grid" aria-label="Streams, worst first">
      {unwell.length > 0 && (
        <div class="group">
          <h2>
            Not well <span>{unwell.length}</span>
          </h2>
          <div class={areMany ? sizeOf(unwell.length, all.length) : 'cells cells-large'}>
            {unwell.map((cell) =>
              areMany ? (
                <SmallCell key={keyOf(roster, cell)} cell={cell} roster={roster} />
              ) : (
                <LargeCell key={keyOf(roster, cell)} {...{ cell, roster, cells }} />
              ),
            )}
          </div>
        </div>
      )}
      {isCounting
        ? well.length > 0 && <p class="counted">{well.length} more streams are healthy</p>
        : scopesOf(roster, well).map(([scope, cellsOfScope]) => (
            <div class="group" key={scope}>
              <h2>
                {scope === 'all' ? 'All sites' : plainText(scope)}{' '}
                <span>{cellsOfScope.length}</span>
              </h2>
              <div class={sizeOf(cellsOfScope.length, all.length)}>
                {cellsOfScope.map((cell) => (
                  <SmallCell key={keyOf(roster, cell)} cell={cell} roster={roster} />
                ))}
              </div>
            </div>
          ))}
      {cells.hidden > 0 && <p class="counted">{cells.hidden} more do not fit into the view</p>}
    </section>
  )
}

const keyOf = (roster: Roster, { row }: Drawn): string =>
  `${roster.scopes[row]}/${roster.streams[row]}`

/** Cells by scope, in the roster's order within each. */
function scopesOf(roster: Roster, cells: readonly Drawn[]): readonly [string, readonly Drawn[]][] {
  const byScope = new Map<string, Drawn[]>()
  for (const cell of cells) {
    const scope = roster.scopes[cell.row] ?? ''
    const list = byScope.get(scope)
    if (list === undefined) byScope.set(scope, [cell])
    else list.push(cell)
  }
  return [...byScope].sort(([a], [b]) => (a < b ? -1 : 1))
}

const lookOf = ({ code, isHatched, isAcked }: Drawn): string =>
  `cell state-${stateLook[code].name}${isHatched ? ' is-hatched' : ''}${isAcked ? ' is-acked' : ''}`

const hrefOf = (roster: Roster, { row }: Drawn): string =>
  streamPath(roster.scopes[row] ?? '', roster.streams[row] ?? '')

function SmallCell({ cell, roster }: { cell: Drawn; roster: Roster }) {
  const stream = plainText(roster.streams[cell.row] ?? '')
  const scope = plainText(roster.scopes[cell.row] ?? '')
  const look = stateLook[cell.code]
  const words = `${stream} at ${scope}: ${look.word}`
  return (
    <a
      class={lookOf(cell)}
      href={hrefOf(roster, cell)}
      tabIndex={-1}
      data-key={keyOf(roster, cell)}
      aria-label={words}
      title={words}
    >
      {cell.code !== 'h' && look.shape !== 'hatch' && (
        <ShapeIcon shape={look.shape} isAcked={cell.isAcked} />
      )}
      <span>{stream}</span>
    </a>
  )
}

function LargeCell({ cell, roster, cells }: { cell: Drawn; roster: Roster; cells: Cells }) {
  const { row, code, isAcked, isCorrected } = cell
  const look = stateLook[code]
  const value = cells.values[row]
  const age = cells.ages_ms[row]
  const name = roster.value_names[row] ?? ''
  const ageWord = age === null || age === undefined ? 'never heard' : ageText(age)
  return (
    <a
      class={lookOf(cell)}
      href={hrefOf(roster, cell)}
      tabIndex={-1}
      data-key={keyOf(roster, cell)}
    >
      <span class="cell-top">
        <ShapeIcon shape={look.shape} isAcked={isAcked} />
        <span>{look.word}</span>
        {isCorrected && <span title="corrected by late rows">↩</span>}
        <span class="cell-age">{ageWord}</span>
      </span>
      <b>{plainText(roster.streams[row] ?? '')}</b>
      <span class="cell-foot">
        <span>{plainText(roster.scopes[row] ?? '')}</span>
        {value !== null && value !== undefined && (
          <span class="cell-value">
            {nameText(name)} {valueText(name, value)}
          </span>
        )}
      </span>
    </a>
  )
}
