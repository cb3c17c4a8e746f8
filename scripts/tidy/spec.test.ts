import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found } from './found.suite.ts'
import { spec } from './spec.ts'

test('an id without a test, a test without its id and an id twice are told', () => {
  const says = found(spec, {
    'SPEC.md': '# SPEC\n- **W2** A window.\n- **W3** A row.\n- **W3** Again.',
    'src/a.test.ts': "test('[W3] a row', f)\ntest('[W9] [W3] skew', f)",
  })

  assert.deepEqual(says, [
    'SPEC.md:4 W3 is there twice; each rule has one id',
    'src/a.test.ts:2 W9 is not in SPEC.md; add the rule, or cite the one meant',
    'SPEC.md:2 no test cites W2; write it, or leave the rule out until it is built',
  ])
})

test('titles cite in suites, templates and tables too', () => {
  const says = found(spec, {
    'SPEC.md': '- **L1** a\n- **L2** b\n- **L3** c\n- **L4** d\n- **L5** e',
    'src/log/log.suite.ts': "const cases = [{ title: '[L1] a' }, { title: `[L2] ${b}` }]",
    'src/a.test.ts': "for (const rule of ['L3']) test(`[${rule}] a`, f)",
    'test/acceptance/b.test.ts': "test('[L4, L5] both', f)",
  })

  assert.deepEqual(says, [])
})
