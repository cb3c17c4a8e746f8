import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { termNamed, termText } from '../model/history-term.ts'
import { parseExpression, type Environment } from './expression.ts'

const row: Environment = { kind: 'row' }
const names = { retrans: 'number', loss: 'number', stream: 'text', constructor: 'number' } as const
const values: Environment = { kind: 'values', names }
const condition: Environment = { kind: 'condition', names }

const tree = (source: string, environment: Environment) => {
  const parsed = parseExpression(source, environment)
  return parsed.ok ? parsed.expression : parsed
}
const name = (id: string) => ({ op: 'name', name: id })
const number = (value: number) => ({ op: 'number', value })
const text = (value: string) => ({ op: 'text', value })

test('a row expression becomes a tree with the field on the left', () => {
  assert.deepEqual(tree('src == "tcp" && 1.5 <= late', row), {
    op: '&&',
    left: { op: '==', left: name('src'), right: text('tcp') },
    right: { op: '>=', left: name('late'), right: number(1.5) },
  })
  assert.deepEqual(tree('!(pop in ["a", "b"]) || code in [-1, 2.5]', row), {
    op: '||',
    left: { op: '!', operand: { op: 'in', left: name('pop'), list: [text('a'), text('b')] } },
    right: { op: 'in', left: name('code'), list: [number(-1), number(2.5)] },
  })
})

test('a field takes the kind of the constant that it is compared with', () => {
  const parsed = parseExpression('src == "http" && (status >= 500 || status == 0)', row)
  assert.ok(parsed.ok)

  assert.deepEqual(parsed.names, { src: 'text', status: 'number' })
})

test('values mix integer and double literals and divide', () => {
  assert.deepEqual(tree('-retrans * 1000 / (loss + 0.5)', values), {
    op: '/',
    left: { op: '*', left: { op: 'negate', operand: name('retrans') }, right: number(1000) },
    right: { op: '+', left: name('loss'), right: number(0.5) },
  })
})

test('a condition compares numbers with numbers and texts with texts', () => {
  const parsed = parseExpression('retrans - 1 > 400 && stream in ["a"] || stream != "b"', condition)
  assert.ok(parsed.ok)

  assert.deepEqual(parsed.names, { retrans: 'number', stream: 'text' })
})

test('[H1] what the past was is a number in a condition', () => {
  const source =
    'retrans > 3 * base("retrans", "60m") && same_hour("loss", 7) > 0' +
    ' || trend("loss", "30min") >= -over("retrans", "30d")'
  const terms = [
    { op: 'base', name: 'retrans', spanMs: 3_600_000 },
    { op: 'same_hour', name: 'loss', spanMs: 604_800_000 },
    { op: 'trend', name: 'loss', spanMs: 1_800_000 },
    { op: 'over', name: 'retrans', spanMs: 2_592_000_000 },
  ] as const

  assert.deepEqual(tree(source, condition), {
    op: '||',
    left: {
      op: '&&',
      left: {
        op: '>',
        left: name('retrans'),
        right: { op: '*', left: number(3), right: terms[0] },
      },
      right: { op: '>', left: terms[1], right: number(0) },
    },
    right: { op: '>=', left: terms[2], right: { op: 'negate', operand: terms[3] } },
  })
  const texts = [
    'base(retrans, 1h)',
    'same_hour(loss, 7)',
    'trend(loss, 30m)',
    'over(retrans, 30d)',
  ]
  assert.deepEqual(terms.map(termText), texts)
  for (const text of texts) assert.equal(termNamed(text), text)
  assert.equal(termNamed('base("retrans", "60m")'), 'base(retrans, 1h)')
  assert.equal(termNamed('size(x, 1)'), 'size(x, 1)')
})

const refused: readonly (readonly [string, Environment, RegExp, number])[] = [
  ['', row, /an expression is missing/, 0],
  ['a >', row, /unexpected token: EOF/, 3],
  ['a = 1', row, /write ==/, 2],
  ['a > 1 and b > 2', row, /write && for/, 6],
  ['a > 1 or b > 2', row, /write \|\| for/, 6],
  ['a > .5', row, /digit before the point/, 4],
  ['package > 1', row, /reserved identifier: package: rename/, 0],
  ['__proto__ > 1', row, /reserved identifier/, 0],
  ['late', row, /late >= 0/, 0],
  ['a > b', row, /two fields are not compared/, 0],
  ['1 > 2', row, /a field with a constant/, 0],
  ['a + 1 > 2', row, /a field with a constant/, 0],
  ['a > 1 + 2', row, /no arithmetic over one row/, 4],
  ['a == true', row, /compare it with 1 or 0/, 5],
  ['a < "x"', row, /==, != and in only/, 0],
  ['a == "x" || a > 1', row, /compared with a text and with a number/, 12],
  ['a in b', row, /a list of constants/, 5],
  ['a in []', row, /a list of constants/, 5],
  ['a in [1, "x"]', row, /not both/, 5],
  ['a in [1, b]', row, /numbers or texts only/, 9],
  ['a in [true]', row, /numbers or texts only/, 6],
  ['1 in [1]', row, /a field to the left of in/, 0],
  ['a.b > 1', row, /two fields|a field with a constant/, 0],
  ['a == null', row, /a number, a text in quotes/, 5],
  ['a > 1u', row, /a number, a text in quotes/, 4],
  ['a > 9007199254740993', row, /2\^53/, 4],
  ['a == [1]', row, /a list stands only/, 5],
  ['has(a)', row, /has\(\) is not available/, 0],
  ['a ? b : c', row, /choice/, 0],
  ['retrans', condition, /this is a number: write a comparison/, 0],
  ['loss / 2 > 1', condition, /name the quotient under values/, 0],
  ['loss % 2 > 1', condition, /remainder/, 0],
  ['los > 1', condition, /los is not known here: write one of retrans, loss/, 0],
  ['toString > 1', condition, /toString is not known here/, 0],
  ['base("loss") > 1', condition, /write base\("name", "1h"\)/, 0],
  ['base("loss", "1h", 2) > 1', condition, /write base\("name", "1h"\)/, 0],
  ['base(loss, "1h") > 1', condition, /the name stands in quotes/, 5],
  ['base("", "1h") > 1', condition, /the name stands in quotes/, 5],
  ['trend("loss", 30) > 1', condition, /with its unit .* as trend\("name", "30m"\)/, 14],
  ['trend("loss", "30") > 1', condition, /with its unit/, 14],
  ['trend("loss", "1.5h") > 1', condition, /with its unit/, 14],
  ['trend("loss", loss) > 1', condition, /with its unit/, 14],
  ['base("loss", "299s") > 1', condition, /a span is 5m to 400d/, 13],
  ['over("loss", "401d") > 1', condition, /a span is 5m to 400d, as over/, 13],
  ['same_hour("loss", "7d") > 1', condition, /how many days back, 1 to 28/, 18],
  ['same_hour("loss", 0) > 1', condition, /how many days back/, 18],
  ['same_hour("loss", 29) > 1', condition, /how many days back/, 18],
  ['same_hour("loss", 1.5) > 1', condition, /how many days back/, 18],
  ['base("loss", "1h")', condition, /this is a number: write a comparison/, 0],
  ['base("loss", "1h") / 2 > 1', condition, /name the quotient under values/, 0],
  ['base("loss", "1h") == "a"', condition, /never equal to a text/, 0],
  ['base("loss", "1h")', values, /stands in when, clear and gate only/, 0],
  ['a > base("loss", "1h")', row, /stands in when, clear and gate only/, 4],
  ['size(stream) > 1', condition, /size\(\) is not available/, 0],
  ['stream.matches("a")', condition, /\.matches\(\) is not available/, 0],
  ['stream.x > 1', condition, /no nested fields/, 0],
  ['{"a": 1}', condition, /this is not available/, 0],
  ['stream > "a"', condition, /==, != and in only/, 0],
  ['stream == 1', condition, /a text is never equal to a number/, 0],
  ['stream in [1]', condition, /never in a list of a number/, 0],
  ['retrans > 1 > 2', condition, /join truths/, 0],
  ['!retrans', condition, /this is a number: write a comparison/, 1],
  ['retrans > 1', values, /write the comparison in when/, 0],
  ['loss in [1]', values, /in when/, 0],
  ['true', values, /this is a truth: write arithmetic/, 0],
  ['stream + 1', values, /this is a text: write a number/, 0],
  ['x'.repeat(5000), values, /at most 4096/, 0],
]

for (const [source, environment, message, at] of refused) {
  test(`${environment.kind} refuses ${source.slice(0, 40) || 'nothing'} and says why`, () => {
    const parsed = parseExpression(source, environment)

    assert.ok(!parsed.ok)
    assert.match(parsed.message, message)
    assert.equal(parsed.at, at)
  })
}

test('any text is parsed or refused with an offset inside it', () => {
  const word = fc.constantFrom('a', '1', '"x"', '&&', '||', '!', '(', ')', '>', 'in', '[', ']', '.')
  const sources = fc.oneof(
    fc.string(),
    fc.array(word).map((words) => words.join(' ')),
  )
  fc.assert(
    fc.property(sources, fc.constantFrom(row, values, condition), (source, environment) => {
      const parsed = parseExpression(source, environment)
      assert.ok(parsed.ok || (parsed.at >= 0 && parsed.at <= source.length))
    }),
  )
})
