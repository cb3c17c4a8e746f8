import { parse, ParseError, type ASTNode } from '@marcbachmann/cel-js'
import type { Expression } from '../model/expression.ts'
import { historyTerm } from './parse-history.ts'

/** What a name stands for: every value of Nocturne is a number (a double) or a text. */
export type NameKind = 'number' | 'text'
/** The names that an expression may use, or does use. */
export type Names = Readonly<Record<string, NameKind>>

/**
 * What an expression sees (formats.md 5). `row`: one reading, any field, `where`. `values`:
 * arithmetic over aggregates. `condition`: `when`, `clear`, `gate` over values and group fields.
 */
export type Environment =
  | { readonly kind: 'row' }
  | { readonly kind: 'values'; readonly names: Names }
  | { readonly kind: 'condition'; readonly names: Names }

/** Either the checked tree with the names it reads, or what to write instead, and where. */
export type ParsedExpression =
  | { readonly ok: true; readonly expression: Expression; readonly names: Names }
  | { readonly ok: false; readonly message: string; readonly at: number }

type Kind = NameKind | 'truth'
type Typed = { readonly kind: Kind; readonly expression: Expression }
type Scope = { readonly environment: Environment; readonly names: Map<string, NameKind> }
type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='
type Node<Op extends ASTNode['op']> = Extract<ASTNode, { op: Op }>

/** Longer than any rule a person writes; keeps the parser's work small (D5). */
const SOURCE_CHARACTERS_MAX = 4096
const MIRRORED = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const

/** Carried up through the recursion and caught in `parseExpression`, its only catcher. */
class Refusal extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

const refuse = (message: string, node: ASTNode): never => {
  throw new Refusal(message, node.start)
}

/**
 * CEL text to our tree, checked against its environment; integer and double literals mix freely.
 * In a row the field stands on the left of every comparison. Whatever lies outside the documented
 * subset is refused with the offset in the source and what to write instead. Never throws.
 */
export function parseExpression(source: string, environment: Environment): ParsedExpression {
  if (source.length > SOURCE_CHARACTERS_MAX) {
    return { ok: false, message: `write at most ${SOURCE_CHARACTERS_MAX} characters`, at: 0 }
  }
  const names = new Map<string, NameKind>()
  try {
    const { ast } = parse(source)
    const { kind, expression } = convert(ast, { environment, names })
    const wanted = environment.kind === 'values' ? 'number' : 'truth'
    if (kind === wanted) return { ok: true, expression, names: Object.fromEntries(names) }
    return { ok: false, message: expected(wanted, kind), at: ast.start }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, message: error.message, at: error.at }
    if (!(error instanceof ParseError)) throw error
    return syntax(error, source)
  }
}

function expected(wanted: 'number' | 'truth', got: Kind): string {
  if (wanted === 'number')
    return `this is a ${got}: write arithmetic over aggregates, as late / segments`
  return `this is a ${got}: write a comparison, as retrans > 400`
}

function syntax(error: ParseError, source: string): ParsedExpression {
  const at = error.range?.start ?? error.node?.pos ?? 0
  const rest = source.slice(at)
  let message = error.summary.charAt(0).toLowerCase() + error.summary.slice(1)
  if (source.trim() === '')
    message = 'an expression is missing: write a comparison, as retrans > 400'
  else if (rest.startsWith('=')) message = 'write == to compare'
  else if (/^and\b/i.test(rest)) message = 'write && for "and"'
  else if (/^or\b/i.test(rest)) message = 'write || for "or"'
  else if (rest.startsWith('.')) message = 'write a digit before the point, as 0.5'
  else if (error.code === 'reserved_identifier') message += ': rename the field or value'
  return { ok: false, message, at }
}

function convert(node: ASTNode, scope: Scope): Typed {
  switch (node.op) {
    case 'value':
      return literal(node)
    case 'id':
      return name(node, scope)
    case '-_':
      return negate(node, scope)
    case '!_':
      return { kind: 'truth', expression: { op: '!', operand: truth(node.args, scope) } }
    case '&&':
    case '||': {
      const [left, right] = node.args
      const expression = { op: node.op, left: truth(left, scope), right: truth(right, scope) }
      return { kind: 'truth', expression }
    }
    case '+':
    case '-':
    case '*':
    case '/':
      return arithmetic(node, scope)
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(node, scope)
    case 'in':
      return membership(node, scope)
    case 'call':
      return past(node, scope)
    default:
      return refuse(instead(node), node)
  }
}

/** What to write for the parts of CEL that Nocturne leaves out. */
function instead(node: ASTNode): string {
  switch (node.op) {
    case '%':
      return 'the remainder % is not available: write + - * or /'
    case '?:':
      return 'the choice ? : is not available: write && and ||'
    case '.':
    case '.?':
    case '[]':
    case '[?]':
      return 'there are no nested fields: write a top-level name'
    case 'call':
      if (node.args[0] === 'has')
        return 'has() is not available: write a field >= 0, which is false where it is absent'
      return `${node.args[0]}() is not available: write comparisons, in, && || and !`
    case 'rcall':
      return `.${node.args[0]}() is not available: write comparisons, in, && || and !`
    case 'list':
      return 'a list stands only to the right of in'
    default:
      return 'this is not available: write comparisons, in, && || and !'
  }
}

function literal(node: Node<'value'>): Typed {
  const value = node.args
  if (typeof value === 'boolean') return { kind: 'truth', expression: { op: 'bool', value } }
  if (typeof value === 'string') return { kind: 'text', expression: { op: 'text', value } }
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    return refuse('write a number, a text in quotes, true or false', node)
  }
  const number = Number(value)
  const isExact = typeof value === 'number' ? Number.isFinite(number) : Number.isSafeInteger(number)
  if (!isExact) return refuse('this number is too large: integers end at 2^53', node)
  return { kind: 'number', expression: { op: 'number', value: number } }
}

function name(node: Node<'id'>, { environment, names }: Scope): Typed {
  const id = node.args
  const expression = { op: 'name', name: id } as const
  if (environment.kind === 'row') {
    return refuse(`compare ${id} with a number or a text, as ${id} >= 0 or ${id} == "x"`, node)
  }
  const kind = Object.hasOwn(environment.names, id) ? environment.names[id] : undefined
  if (kind === undefined) {
    const known = Object.keys(environment.names)
    return refuse(`${id} is not known here: write one of ${known.slice(0, 20).join(', ')}`, node)
  }
  names.set(id, kind)
  return { kind, expression }
}

/** What the past was: a number, in conditions alone (H1). */
function past(node: Node<'call'>, { environment }: Scope): Typed {
  const read = historyTerm(node)
  if (read === undefined) return refuse(instead(node), node)
  if (environment.kind !== 'condition')
    return refuse(`${node.args[0]}() stands in when, clear and gate only`, node)
  return read.ok ? { kind: 'number', expression: read.term } : refuse(read.message, read.node)
}

function truth(node: ASTNode, scope: Scope): Expression {
  const { kind, expression } = convert(node, scope)
  return kind === 'truth' ? expression : refuse(expected('truth', kind), node)
}

function number(node: ASTNode, scope: Scope): Expression {
  const { kind, expression } = convert(node, scope)
  return kind === 'number' ? expression : refuse(`this is a ${kind}: write a number here`, node)
}

function negate(node: Node<'-_'>, scope: Scope): Typed {
  const operand = number(node.args, scope)
  const expression: Expression =
    operand.op === 'number' ? { op: 'number', value: -operand.value } : { op: 'negate', operand }
  return { kind: 'number', expression }
}

function arithmetic(node: Node<'+' | '-' | '*' | '/'>, scope: Scope): Typed {
  const { kind } = scope.environment
  if (kind === 'row')
    return refuse('there is no arithmetic over one row: compare fields with constants', node)
  if (kind === 'condition' && node.op === '/') {
    return refuse('/ stands in values only: name the quotient under values, then compare it', node)
  }
  const [left, right] = node.args
  const expression = { op: node.op, left: number(left, scope), right: number(right, scope) }
  return { kind: 'number', expression }
}

function comparison(node: Node<Comparison>, scope: Scope): Typed {
  if (scope.environment.kind === 'values')
    return refuse('values are numbers: write the comparison in when', node)
  if (scope.environment.kind === 'row') return rowComparison(node, scope)
  const [left, right] = node.args
  const a = convert(left, scope)
  const b = convert(right, scope)
  if (a.kind === 'truth' || b.kind === 'truth')
    return refuse('compare numbers or texts; join truths with && || and !', node)
  if (a.kind !== b.kind)
    return refuse(`a ${a.kind} is never equal to a ${b.kind}: write both alike`, node)
  ordered(node, a.kind)
  return { kind: 'truth', expression: { op: node.op, left: a.expression, right: b.expression } }
}

/** Texts have no order: what a person would expect of one depends on the language. */
function ordered(node: Node<Comparison>, kind: Kind): void {
  if (kind === 'text' && node.op !== '==' && node.op !== '!=') {
    refuse('texts are compared with ==, != and in only', node)
  }
}

/** A field takes the kind of the constant that it is compared with. */
function rowComparison(node: Node<Comparison>, scope: Scope): Typed {
  const [left, right] = node.args
  const isMirrored = left.op !== 'id'
  const field = isMirrored ? right : left
  const constant = isMirrored ? left : right
  if (field.op !== 'id') return refuse('compare a field with a constant, as status >= 500', node)
  if (constant.op === 'id') {
    return refuse('two fields are not compared: write a number or a text on one side', node)
  }
  const { kind, expression } = convert(constant, scope)
  if (kind === 'truth')
    return refuse('a field is a number or a text: compare it with 1 or 0', constant)
  ordered(node, kind)
  const op = isMirrored ? MIRRORED[node.op] : node.op
  return {
    kind: 'truth',
    expression: { op, left: rowField(field, kind, scope), right: expression },
  }
}

function rowField(node: Node<'id'>, kind: NameKind, { names }: Scope): Expression {
  const before = names.get(node.args)
  if (before !== undefined && before !== kind) {
    return refuse(`${node.args} is compared with a ${before} and with a ${kind}: choose one`, node)
  }
  names.set(node.args, kind)
  return { op: 'name', name: node.args }
}

function membership(node: Node<'in'>, scope: Scope): Typed {
  const [left, right] = node.args
  if (scope.environment.kind === 'values')
    return refuse('values are numbers: write in in when', node)
  if (right.op !== 'list' || right.args.length === 0) {
    return refuse('write a list of constants to the right of in, as pop in ["a", "b"]', right)
  }
  const items = right.args.map((item) => {
    const typed = item.op === 'value' || item.op === '-_' ? convert(item, scope) : undefined
    const isConstant = typed?.expression.op === 'number' || typed?.expression.op === 'text'
    return typed !== undefined && isConstant
      ? typed
      : refuse('a list holds numbers or texts only', item)
  })
  const kind = items[0]!.kind
  if (kind === 'truth' || items.some((item) => item.kind !== kind)) {
    return refuse('a list holds numbers or texts, not both', right)
  }
  const list = items.map((item) => item.expression)
  if (scope.environment.kind === 'row') {
    if (left.op !== 'id') return refuse('write a field to the left of in', left)
    return { kind: 'truth', expression: { op: 'in', left: rowField(left, kind, scope), list } }
  }
  const typed = convert(left, scope)
  if (typed.kind !== kind)
    return refuse(`a ${typed.kind} is never in a list of a ${kind}: write both alike`, left)
  return { kind: 'truth', expression: { op: 'in', left: typed.expression, list } }
}
