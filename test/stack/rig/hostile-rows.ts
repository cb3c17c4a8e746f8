import { utf8 } from '../../../src/std/bytes.ts'

const AT = 1_795_383_157_516
const BASE = `"ts":${AT},"stream":"a"`
const long = (length: number) => 'x'.repeat(length)

/** Rows that are not JSON, no objects, or cut. */
const BROKEN = [
  '',
  ' ',
  'null',
  '5',
  '"text"',
  '[]',
  `[{${BASE}}]`,
  '{',
  `{${BASE}`,
  `{${BASE}}x`,
  `{${BASE}}}`,
  `{${BASE}}{${BASE}}`,
  `{${BASE}},{${BASE}}`,
  `{${BASE}}] `,
  `{${BASE}},"q":{}`,
  `{'ts':${AT},'stream':'a'}`,
  `{${BASE},}`,
  `{${BASE},"x":01}`,
  `{${BASE},"x":+1}`,
  `{${BASE},"x":.5}`,
  `{${BASE},"x":5.}`,
  `{${BASE},"x":NaN}`,
  `{${BASE},"x":Infinity}`,
  `{${BASE},"x":"a\tb"}`,
  `{${BASE},"pop":"a\tb"}`,
  `{${BASE},"x":"\\q"}`,
  `{${BASE},"x":"\\u12"}`,
  `{${BASE}/**/}`,
  `\ufeff{${BASE}}`,
  `{"a\0":1,${BASE}}`,
  `{${BASE}}\0`,
  `\0{${BASE}}`,
  `{${BASE}\0,"v":1}`,
  `{"v":1,${BASE},"pop":"a\0"}`,
  '\0',
  `{${BASE},"x":"${long(16_384)}"}`,
  `{${BASE},"y":[1,2}`,
  `{${BASE},"y":{"a":1}`,
  `{${BASE},"y":[[1],{"a":[]}}`,
]

/** Rows that are refused, or only just not, for what stands in them. */
const JUDGED = [
  '{}',
  '{"stream":"a"}',
  `{"ts":"${AT}","stream":"a"}`,
  `{"ts":${AT}.5,"stream":"a"}`,
  `{"ts":${AT}.0,"stream":"a"}`,
  '{"ts":1.795383157516e12,"stream":"a"}',
  '{"ts":1e400,"stream":"a"}',
  '{"ts":1e30,"stream":"a"}',
  '{"ts":-1e30,"stream":"a"}',
  '{"ts":123456789012345678901234567890,"stream":"a"}',
  '{"ts":true,"stream":"a"}',
  '{"ts":null,"stream":"a"}',
  '{"ts":[1],"stream":"a"}',
  '{"ts":1795383157,"stream":"a"}',
  '{"ts":99999999999,"stream":"a"}',
  '{"ts":100000000000,"stream":"a"}',
  '{"ts":100000000000000,"stream":"a"}',
  '{"ts":100000000000001,"stream":"a"}',
  '{"ts":946684799999,"stream":"a"}',
  '{"ts":946684800000,"stream":"a"}',
  '{"ts":-946684800000,"stream":"a"}',
  `{"ts":${AT}}`,
  `{"ts":${AT},"stream":""}`,
  `{"ts":${AT},"stream":5}`,
  `{"ts":${AT},"stream":true}`,
  `{"ts":${AT},"stream":{"a":1}}`,
  `{"ts":${AT},"stream":null}`,
  `{"ts":${AT},"stream":"${long(128)}"}`,
  `{"ts":${AT},"stream":"${long(129)}"}`,
  `{"ts":${AT},"stream":"${'é'.repeat(64)}"}`,
  `{"ts":${AT},"stream":"${'é'.repeat(64)}x"}`,
  `{"ts":${AT},"stream":"a\\u0001b"}`,
  `{"ts":${AT},"stream":"a\\nb"}`,
  `{"ts":${AT},"stream":"a\\u007fb"}`,
  ...['0', '-1', '1.1', '1e-7', '1e-6', '1', '0.5', '"0.5"', 'true', 'null', '[0.5]', '"NaN"'].map(
    (p) => `{${BASE},"p":${p}}`,
  ),
]

/** Rows that stay, whose fields may not. */
const FIELDS = [
  ...['"NaN"', '"Infinity"', '"-INF"', '"5"', '1e400', '-1e400', '9007199254740992'].flatMap(xs),
  ...['9007199254740993', '9007199254740994', '-9007199254740992', '-0', '-0.0', '-5'].flatMap(xs),
  ...['12.0', '1.5e3', '1E2', '4.9e-324', 'true', 'false', 'null', '""', '{}', '[]'].flatMap(xs),
  ...['{"x":7}', '[{"x":7}]', '0.1', '0.30000000000000004', '1e-7', '123456789.123456789'].flatMap(
    xs,
  ),
  ...['""', '"p1"', '5', '-1.5', 'true', 'null', '{"a":"b"}', '["p1"]', '"5"', '"true"'].map(pop),
  ...['"n"', '"null"', '"a\\"b"', '"a\\\\b"', '"a\\/b"', '"\\u00e9"', '"\\ud83d\\ude00"'].map(pop),
  ...['"a\\ud800b"', '"\\udc00"', '"\\ude00\\ud83d"', '"\\ud800\\ud83d\\ude00"'].map(pop),
  ...['"\\\\\\ud800"', '"\\\\ud800"'].map(pop),
  ...['"é"', '"😀"', '"\u2028"', '"\u007f"', '"a b"', '" "', '"a\\tb"', `"${long(128)}"`].map(pop),
  ...[`"${long(129)}"`, '"{"', '"}"', '"[1]"', '"\\u005b"', '"a:b"', '"\\"pop\\":5"'].map(pop),
  `{${BASE},"pop":"a","pop":"b"}`,
  `{${BASE},"pop":"a","pop":5}`,
  `{${BASE},"pop":5,"pop":"a"}`,
  `{${BASE},"pop":"a","pop":null}`,
  `{${BASE},"x":5,"x":6}`,
  `{${BASE},"x":5,"x":"q"}`,
  `{${BASE},"x":"q","x":5}`,
  `{${BASE},"x":5,"x":null}`,
  `{"ts":1,${BASE}}`,
  `{${BASE},"ts":${AT + 1}}`,
  `{${BASE},"p\\u006fp":"a"}`,
  `{${BASE},"p\\u006fp":5}`,
  `{${BASE},"y":{"pop":5,"x":3},"x":4}`,
  `{${BASE},"pop" : "a" , "x" :\t5\n}`,
  ` {${BASE}}\r\n`,
  `{${BASE},"":1,"__proto__":{"x":5},"constructor":7}`,
  `{${BASE},"y":${'['.repeat(900)}${']'.repeat(900)},"x":5}`,
  `{${BASE},"y":${'['.repeat(5000)}${']'.repeat(5000)},"x":5}`,
  `{${BASE},"y":${'{"a":'.repeat(900)}1${'}'.repeat(900)},"x":5}`,
  `{${BASE},"pop":${'['.repeat(3000)}${']'.repeat(3000)},"x":5}`,
  `{${BASE},"x":1${'0'.repeat(1500)}}`,
  `{${BASE},"x":0.${'1'.repeat(1500)}}`,
  `{${BASE},"_bad":"x","#bad":"y","x":5}`,
  `{${BASE},"pop":"${'\\\\'.repeat(8000)}","x":5}`,
  `{${BASE},"pop":"${'\\ud800'.repeat(2700)}","x":5}`,
  `{${BASE},"pop":${' '.repeat(16_000)}"a"}`,
  `{${BASE},${'"pop":"a",'.repeat(1000)}"x":5}`,
  `{${BASE},${'"x":{},'.repeat(1000)}"x":5}`,
  `{${BASE},"y":${'[0,'.repeat(199)}0${']'.repeat(199)},"x":5}`,
  `{${BASE},"x":${'9'.repeat(16_000)}}`,
  `{${BASE},"x":1e${'9'.repeat(16_000)}}`,
  `{${BASE},"pop":{"a":1,"a":2},"x":5}`,
  `{${BASE},"src":"beat"}`,
  `{${BASE},"src":"beat","final":${AT}}`,
  `{${BASE},"spread":0}`,
  `{${BASE},"spread":-1}`,
  `{${BASE},"spread":"1"}`,
  `{${BASE},"site":"here"}`,
  `{${BASE},"site":""}`,
  `{${BASE},"site":5}`,
  `{${BASE},"site":"${long(129)}"}`,
  `{${BASE},"late":true,"retrans":-1,"Pop":"a","POP":"b"}`,
  `{"v":1,${BASE},"pop":"a","x":5}`,
  `{"v":1,${BASE},"pop":"\\u00e9","x":"5"}`,
]

function xs(x: string): readonly string[] {
  return [`{${BASE},"x":${x}}`, `{${BASE},"retrans":${x},"rtt_ms":${x}}`]
}

function pop(value: string): string {
  return `{${BASE},"pop":${value},"cdn":"5"}`
}

/** Bytes that are not UTF-8: overlong, cut, surrogates, beyond the last, lone. */
const BYTES = ['c0af', 'e282', 'eda080', 'f4908080', 'ff', '80', 'c3'].map((hex) =>
  Uint8Array.from([...utf8(`{${BASE},"pop":"`), ...Uint8Array.fromHex(hex), ...utf8('"}')]),
)

/** Every row that people, mistakes and attackers have been seen to send. */
export const hostileRows: readonly Uint8Array[] = [
  ...[...BROKEN, ...JUDGED, ...FIELDS].map((row) => utf8(row)),
  ...BYTES,
]

/** Which of them the engines judge differently: -0 as an integer, and what is nested too deep. */
export const isUnlike = (row: Uint8Array): boolean =>
  /:-0[,}]|(\[|\{"a":){300}/.test(new TextDecoder().decode(row))
