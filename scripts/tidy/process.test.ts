import assert from 'node:assert/strict'
import { test } from 'node:test'
import { found } from './found.suite.ts'
import { process } from './process.ts'

test('the process, the terminal and timers are kept to their files', () => {
  const says = found(process, {
    'src/collect/a.ts': 'process.exit(1)\nconsole.log(1)\nsetTimeout(f, 1)',
    'src/config/b.ts': 'console.log(process.env)',
  })

  assert.deepEqual(says, [
    'src/collect/a.ts:1 process in collect; take it as an argument (config/, cli/, main.ts)',
    'src/collect/a.ts:2 console in collect; log through telemetry/ (cli/, main.ts)',
    'src/collect/a.ts:3 setTimeout in collect; take a Clock as an argument (std/clock.ts)',
    'src/config/b.ts:1 console in config; log through telemetry/ (cli/, main.ts)',
  ])
})

test('the command line has the process, std/clock.ts the timers, tests and scripts all', () => {
  const says = found(process, {
    'src/main.ts': 'process.exit(1)\nconsole.log(1)',
    'src/config/b.ts': 'process.env.X\nx.valueOf()',
    'src/std/clock.ts': 'setTimeout(f, 1)',
    'src/log/a.test.ts': 'process.pid',
    'scripts/a.ts': 'console.log(1)',
  })

  assert.deepEqual(says, [])
})
