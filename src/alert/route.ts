import { compileMatchers, type LabelTest, type Matcher } from './matcher.ts'

/** A node of a route tree as far as matching goes; the caller's carry receiver and timings. */
export type RouteNode<Node> = {
  readonly matchers: readonly Matcher[]
  /** Whether the next siblings are tried although this one matched. */
  readonly continue: boolean
  readonly routes: readonly Node[]
}

type Labels = Readonly<Record<string, string>>

/** The routing function, or which matcher is not understood. */
export type RoutesCompiled<Node> =
  | { readonly ok: true; readonly route: (labels: Labels) => readonly Node[] }
  | { readonly ok: false; readonly matcher: Matcher; readonly message: string }

/**
 * Compiles a route tree (A62, stage 1): depth first, the first child that matches takes the alert
 * unless it says `continue`, and a node none of whose children match takes it itself, as in
 * Alertmanager's documentation. The root takes everything that matches it; an empty answer means
 * unrouted.
 */
export function compileRoutes<Node extends RouteNode<Node>>(root: Node): RoutesCompiled<Node> {
  const tests = new Map<Node, LabelTest>()
  const waiting = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const compiled = compileMatchers(node.matchers)
    if (!compiled.ok) return compiled
    tests.set(node, compiled.matches)
    waiting.push(...node.routes)
  }
  return { ok: true, route: (labels) => match(root, labels, tests) }
}

function match<Node extends RouteNode<Node>>(
  node: Node,
  labels: Labels,
  tests: ReadonlyMap<Node, LabelTest>,
): readonly Node[] {
  if (tests.get(node)?.(labels) !== true) return []
  const matched: Node[] = []
  for (const child of node.routes) {
    const below = match(child, labels, tests)
    matched.push(...below)
    if (below.length > 0 && !child.continue) break
  }
  return matched.length > 0 ? matched : [node]
}
