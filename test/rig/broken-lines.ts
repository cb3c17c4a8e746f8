import { prng } from '../../src/std/prng.ts'

/** A line that is refused whole, and why (formats.md 1.3). */
export type BrokenLine = { readonly bytes: Uint8Array; readonly reason: string }

const broken = (reason: string, line: string): BrokenLine => ({ reason, bytes: Buffer.from(line) })

/** One of each way in which a row can be broken; `ts` is a good time. */
export function brokenLines(ts: number): readonly BrokenLine[] {
  return [
    broken('json', `{"ts":${ts},"stream":"a","kb":1`),
    broken('json', `{"ts":${ts},"stream":"a","kb":NaN}`),
    broken('json', `{"ts":${ts},"stream":"a"}}`),
    broken('json', 'GET /live/a.ts 200'),
    broken('shape', `[{"ts":${ts},"stream":"a"}]`),
    broken('shape', 'null'),
    broken('ts', `{"stream":"a","kb":1}`),
    broken('ts', `{"ts":"${ts}","stream":"a"}`),
    broken('ts', `{"ts":${ts}.5,"stream":"a"}`),
    broken('ts_unit', `{"ts":${Math.floor(ts / 1000)},"stream":"a"}`),
    broken('ts_unit', `{"ts":${ts}000,"stream":"a"}`),
    broken('ts_unit', `{"ts":-5,"stream":"a"}`),
    broken('ts_range', `{"ts":-${ts},"stream":"a"}`),
    broken('ts_range', `{"ts":4102444800000,"stream":"a"}`),
    broken('stream', `{"ts":${ts},"kb":1}`),
    broken('stream', `{"ts":${ts},"stream":7}`),
    broken('stream', `{"ts":${ts},"stream":""}`),
    broken('stream', `{"ts":${ts},"stream":"${'s'.repeat(129)}"}`),
    broken('p', `{"ts":${ts},"stream":"a","p":2}`),
    broken('bytes', `{"ts":${ts},"stream":"a\0"}`),
    broken('bytes', `{"ts":${ts},"stream":"a","x":"${'x'.repeat(10_000_000)}"}`),
    {
      reason: 'bytes',
      bytes: Buffer.concat([Buffer.from(`{"ts":${ts},"stream":"a`), Buffer.of(0xff, 0x22, 0x7d)]),
    },
  ]
}

/** Fields that are no measure of `kb`: the row counts, and `kb` is absent. */
export const badFields = [
  '"kb":"many"',
  '"kb":-1e999',
  '"kb":null',
  '"kb":[1]',
  '"kb":true,"__proto__":{"kb":1}',
  '"__proto__":7',
  '"constructor":"x","toString":1',
] as const

const BLANK = ['', '   ', '\t', '\r'] as const

/** Lines shuffled by a seed, a blank one here and there, the last without a line feed. */
export function shuffledFile(lines: readonly Uint8Array[], seed: number): Uint8Array {
  const random = prng(seed)
  const parts: Uint8Array[] = []
  for (const { line } of lines
    .map((each) => ({ line: each, at: random.next() }))
    .sort((a, b) => a.at - b.at)) {
    if (random.next() < 0.1) parts.push(Buffer.from(`${BLANK[random.below(BLANK.length)]!}\n`))
    parts.push(line, Buffer.from('\n'))
  }
  return Buffer.concat(parts.slice(0, -1))
}
