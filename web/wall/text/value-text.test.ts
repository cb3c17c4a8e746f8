import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameText, valueText } from './value-text.ts'

test('[U5] a value is shown with the unit that its name ends in, a share in percent', () => {
  const cases = [
    ['rtt_ms', 31.46, '31.5 ms'],
    ['late_share', 0.0432, '4.32 %'],
    ['retrans', 412, '412'],
    ['kb', 12_345.6, '12,346'],
    ['bitrate_kbps', 1_720.4, '1720 kbit/s'],
    ['rtt_ratio', 3, '3'],
    ['loss', 0.5, '50 %'],
    ['x', 0.00123, '0.0012'],
    ['y', 10.0, '10'],
    ['z', 100.4, '100'],
    ['w', 12.04, '12'],
    ['v', 2_450_000, '2.45 M'],
    ['bytes_sent', 109_792_656, '110 MB'],
    ['bytes_sent', 812, '812 B'],
  ] as const
  for (const [name, value, text] of cases) assert.equal(valueText(name, value), text)
  assert.equal(nameText('live_latency_ms'), 'live latency')
})
