import type { Tree } from './tree.ts'

/** One thing to put right. */
export type Finding = {
  readonly rule: string
  /** From the root of the repository, with `/`. */
  readonly path: string
  /** From 1. */
  readonly line: number
  /** `what is wrong; do this instead`. */
  readonly says: string
  /** What was measured, where the rule is about a size; a ratchet adds these up. */
  readonly figure?: number
}

/** One idea of what the house looks like. It reads the whole tree and touches nothing. */
export type Rule = {
  readonly name: string
  readonly check: (tree: Tree) => Iterable<Finding>
}
