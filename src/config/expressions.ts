import { parseExpression, type Environment, type Names } from '../alert/expression.ts'
import type { Expression } from '../model/expression.ts'
import type { ConfigPath, Finding } from './config-error.ts'

/** Where findings gather while one file is compiled. */
export type Findings = Finding[]

/** Stands for an expression that was refused; what holds it is never used. */
const REFUSED: Expression = { op: 'bool', value: false }

/** Parses an expression; a refusal goes to the findings with its place in the text. */
export function compiledExpression(
  source: string,
  environment: Environment,
  to: { readonly path: ConfigPath; readonly findings: Findings },
): { readonly expression: Expression; readonly names: Names } {
  const parsed = parseExpression(source, environment)
  if (parsed.ok) return parsed
  to.findings.push({
    path: to.path,
    at: parsed.at,
    message: `the expression ${JSON.stringify(source)} cannot be read`,
    advice: parsed.message,
  })
  return { expression: REFUSED, names: {} }
}
