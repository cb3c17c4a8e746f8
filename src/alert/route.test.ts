import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Matcher } from './matcher.ts'
import { compileRoutes } from './route.ts'

type Node = {
  readonly receiver: string
  readonly matchers: readonly Matcher[]
  readonly continue: boolean
  readonly routes: readonly Node[]
}

const node = (receiver: string, matchers: readonly Matcher[], more: Partial<Node> = {}): Node => ({
  receiver,
  matchers,
  continue: false,
  routes: [],
  ...more,
})
const is = (name: string, value: string): Matcher => ({ name, op: '=', value })

const tree = node('noc', [], {
  routes: [
    node('archive', [is('severity', 'critical')], { continue: true }),
    node('cdn', [is('team', 'cdn')], {
      routes: [
        node('cdn-page', [is('severity', 'critical')]),
        node('cdn-lyon', [is('site', 'lyon')], { continue: true }),
        node('cdn-site', [{ name: 'site', op: '=~', value: 'ly.*' }]),
      ],
    }),
    node('never', [is('team', 'cdn')]),
  ],
})

const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [{}, 'noc'],
  [{ severity: 'critical' }, 'archive'],
  [{ team: 'cdn' }, 'cdn'],
  [{ team: 'cdn', severity: 'critical' }, 'archive cdn-page'],
  [{ team: 'cdn', site: 'lyon' }, 'cdn-lyon cdn-site'],
  [{ team: 'cdn', site: 'lyes' }, 'cdn-site'],
]

for (const [labels, receivers] of cases) {
  test(`[A62] an alert ${JSON.stringify(labels)} is routed to ${receivers}`, () => {
    const compiled = compileRoutes(tree)
    assert.ok(compiled.ok)

    assert.equal(
      compiled
        .route(labels)
        .map(({ receiver }) => receiver)
        .join(' '),
      receivers,
    )
  })
}

test('[A62] an alert that the root does not match is unrouted', () => {
  const compiled = compileRoutes(node('noc', [is('team', 'cdn')]))
  assert.ok(compiled.ok)

  assert.deepEqual(compiled.route({}), [])
})

test('[A62] a route with a matcher that is not understood is refused', () => {
  const matcher: Matcher = { name: 'site', op: '!~', value: '[' }
  const compiled = compileRoutes(node('noc', [], { routes: [node('x', [matcher])] }))

  assert.ok(!compiled.ok)
  assert.equal(compiled.matcher, matcher)
})
