import type { Node } from 'oxc-parser'
import type { Rule } from './finding.ts'

/** Errors come to rest here alone: it logs, counts, backs off and begins again. */
const SUPERVISOR = 'src/app/supervise.ts'

/** Return or throw, never log and go on; and an error that is caught is looked at. */
export const catching: Rule = {
  name: 'catch',
  *check(tree) {
    for (const module of tree.modules.values()) {
      if (module.path === SUPERVISOR) continue
      for (const { node } of module.nodes) {
        const says = node.type === 'CatchClause' ? clauseFault(node) : callFault(node)
        const line = module.lineAt(node.type === 'CatchClause' ? node.start : catchAt(node))
        if (says) yield { rule: 'catch', path: module.path, line, says }
      }
    }
  },
}

const UNNAMED = 'the error has no name; name it, and say by it what to do'
const GOES_ON = 'goes on after an error; end in throw or return'

function clauseFault(node: Extract<Node, { type: 'CatchClause' }>): string | undefined {
  if (!node.param) return UNNAMED
  return leaves(node.body) ? undefined : GOES_ON
}

/** `promise.catch((error) => …)`: an arrow without a body returns what it says. */
function callFault(node: Node): string | undefined {
  const handler = handlerOf(node)
  if (!handler) return undefined
  if (handler.params.length === 0) return isMetLater(node, handler) ? undefined : UNNAMED
  const { body } = handler
  return !body || body.type !== 'BlockStatement' || leaves(body) ? undefined : GOES_ON
}

/**
 * `kept.catch(() => undefined)` on a promise that a variable keeps: its failure is met where that
 * is awaited, and Node must not call it unhandled before. On a call it would lose the failure.
 */
function isMetLater(node: Node, { body }: { readonly body: Node | null }): boolean {
  const isKept =
    node.type === 'CallExpression' &&
    node.callee.type === 'MemberExpression' &&
    node.callee.object.type !== 'CallExpression'
  return isKept && body?.type === 'Identifier' && body.name === 'undefined'
}

function handlerOf(node: Node) {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined
  const { property } = node.callee
  if (property.type !== 'Identifier' || property.name !== 'catch') return undefined
  const [handler] = node.arguments
  const isWritten =
    handler?.type === 'ArrowFunctionExpression' || handler?.type === 'FunctionExpression'
  return isWritten ? handler : undefined
}

/** Where the word stands: a chain begins lines above its catch. */
function catchAt(node: Node): number {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return node.start
  return node.callee.property.start
}

/** Whether every way through a statement ends in throw or return. */
function leaves(node: Node): boolean {
  switch (node.type) {
    case 'ThrowStatement':
    case 'ReturnStatement':
      return true
    case 'BlockStatement': {
      const last = node.body.at(-1)
      return last !== undefined && leaves(last)
    }
    case 'IfStatement':
      return node.alternate !== null && leaves(node.consequent) && leaves(node.alternate)
    case 'TryStatement':
      return leaves(node.block) && (!node.handler || leaves(node.handler.body))
    default:
      return false
  }
}
