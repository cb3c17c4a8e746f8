import { coverageOf, MEASURES, sessionPool } from '../src/sketch/sampled-sessions.suite.ts'
import { prng } from '../src/std/prng.ts'

/** Prints the tables of docs/sampling.md: `node scripts/coverage-table.ts`; some minutes. */
const TRIALS = 4000
const SIZES = [10, 30, 100, 300, 1000]
const rng = prng(11)
const pool = sessionPool(rng, 4000)

/** How whole sessions are sampled; `mean` is the share of them that have a row in the sample. */
const DESIGNS = [
  { title: '1/2', rateOf: () => 0.5, rateMax: 0.5, mean: 0.5 },
  { title: '1/10', rateOf: () => 0.1, rateMax: 0.1, mean: 0.1 },
  { title: '1/20', rateOf: () => 0.05, rateMax: 0.05, mean: 0.05 },
  {
    title: 'sites at 1/2 and 1/10',
    rateOf: (session: number) => (session % 2 === 0 ? 0.5 : 0.1),
    rateMax: 0.5,
    mean: 0.3,
  },
  {
    title: 'turned up from 1/10 to 1/2 inside the window',
    rateOf: (_: number, row: number) => (row < 2 ? 0.1 : 0.5),
    rateMax: 0.5,
    mean: 0.5,
  },
]

const percent = (share: number): string => (100 * share).toFixed(1)
const print = (cells: readonly string[]): void => console.log(`| ${cells.join(' | ')} |`)

function printHead(cells: readonly string[]): void {
  console.log('')
  print(cells)
  print(cells.map(() => '---'))
}

/** Per measure: how uneven sessions are. */
printHead(['measure', 'sessions that have any', 'σ / mean over sessions'])
for (const [slot, measure] of MEASURES.entries()) {
  const totals = pool.map((session) => session.totals[slot] ?? NaN)
  const mean = totals.reduce((sum, total) => sum + total, 0) / totals.length
  if (Number.isNaN(mean)) break
  const square = totals.reduce((sum, total) => sum + total * total, 0) / totals.length
  const any = totals.filter((total) => total > 0).length / totals.length
  print([measure, `${percent(any)} %`, Math.sqrt(square / mean ** 2 - 1).toFixed(1)])
}

for (const { title, mean, rateOf, rateMax } of DESIGNS) {
  console.log(`\n${title}`)
  const columns = SIZES.map((size) => {
    const sessions = Math.round(size / mean)
    return coverageOf({ pool, rng, sessions, rateOf, rateMax, trials: TRIALS })
  })
  printHead(['measure', ...SIZES.map((size) => `${size}`)])
  for (const measure of MEASURES) {
    const cells = columns.map((column) => {
      const of = column.get(measure)
      return of === undefined ? '' : `${percent(of.held)} (${percent(of.above)})`
    })
    print([measure, ...cells])
  }
}
