import type { Node } from 'oxc-parser'

/** What stands around a name without using it as a value. */
const KEYS: readonly string[] = [
  'TSPropertySignature',
  'TSMethodSignature',
  'PropertyDefinition',
  'MethodDefinition',
  'ImportSpecifier',
  'ExportSpecifier',
]

/** Whether an identifier stands for a value of its own: no property, key or type of that name. */
export function isGlobalUse(
  node: Node,
  above: Node | undefined,
): node is Extract<Node, { type: 'Identifier' }> {
  if (node.type !== 'Identifier') return false
  if (above?.type === 'MemberExpression') return above.object === node || above.computed
  if (above?.type === 'Property') return above.value === node && !above.shorthand
  return !KEYS.includes(above?.type ?? '')
}
