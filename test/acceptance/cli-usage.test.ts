import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { runCli, temporaryFolder } from '../rig/cli.ts'

const TAUGHT = [
  ['up', 'nocturne up --no-simulation'],
  ['run', 'nocturne run --roles collect,aggregate'],
  ['replay', 'nocturne replay rows.ndjson --json | tail -1'],
  ['produce', 'my-exporter | nocturne produce -'],
  ['tail', 'nocturne tail transitions --follow'],
  ['query', 'nocturne query worst --monitor'],
  ['backtest', 'nocturne backtest --from 2h --config new.yaml'],
  ['check config', 'nocturne check config nocturne.yaml --print'],
  ['test cases', 'nocturne test cases test/cases'],
] as const

for (const [command, example] of TAUGHT) {
  test(`[R6] the help of ${command} teaches by example`, async () => {
    const { code, out } = await runCli([...command.split(' '), '--help'])

    assert.equal(code, 0)
    assert.ok(out.startsWith(`Usage: nocturne ${command}`), out)
    assert.ok(out.includes('Examples:') && out.includes(example), out)
  })
}

test('[R6] the help of all names every command, the first steps and the exit codes', async () => {
  const { code, out, err } = await runCli(['--help'])

  assert.deepEqual([code, err], [0, ''])
  for (const [command] of TAUGHT) assert.ok(out.includes(`\n  ${command.split(' ')[0]!} `), command)
  assert.ok(out.includes('Begin here:') && out.includes('4 refused for safety, 70 a bug'))
  assert.ok(!out.includes('\x1b'))
})

test('the version is that of the package', async () => {
  const { code, out } = await runCli(['--version'])

  assert.equal(code, 0)
  assert.match(out, /^\d+\.\d+\.\d+\n$/)
})

const MISTAKES = [
  [[], 2, 'Usage: nocturne'],
  [['repaly', 'x'], 2, '(Did you mean replay?)'],
  [['replay', 'x', '--jsn'], 2, '(Did you mean --json?)'],
  [['replay', 'x', '--partitions', '0'], 2, 'write a whole number from 1 to 64'],
  [['replay'], 2, "missing required argument 'file'"],
  [['replay', 'nowhere.ndjson'], 2, 'COLLECT_INPUT_UNREADABLE'],
  [['run', '--roles', 'serv'], 2, 'did you mean serve?'],
  [['tail', 'window'], 2, 'did you mean windows?'],
  [['query', 'series', '--monitor', 'm', '--from', 'noon'], 2, 'write 10m (ago)'],
  [['query', 'alerts', '--to', 'localhost'], 2, 'write an address such as'],
  [['up', '--listen', '8080'], 2, 'write address:port'],
  [['test', 'cases', 'nowhere'], 2, 'CLI_FILE_MISSING'],
] as const

for (const [words, exit, sentence] of MISTAKES) {
  const line = ['nocturne', ...words].join(' ')
  test(`[R6] "${line}" ends with ${exit} and says what to write`, async () => {
    const { code, out, err } = await runCli(words)

    assert.deepEqual([code, out], [exit, ''], err)
    assert.ok(err.includes(sentence), err)
  })
}

test('[R10] CLI_LISTEN_REFUSED: an address beyond this machine is refused for safety', async () => {
  const { code, err } = await runCli(['up', '--listen', '0.0.0.0:0'])

  assert.equal(code, 4)
  assert.match(err, /0\.0\.0\.0:0 is refused\n {2}listen on 127\.0\.0\.1/)
})

test('[R6] a wrong configuration ends with 3 and names its lines', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'wrong.yaml')
  await writeFile(file, 'version: 1\nsiet: ams1\nmonitors:\n  - id: m\n    gruop_by: [stream]\n')

  const { code, out, err } = await runCli(['check', 'config', file])

  assert.deepEqual([code, out], [3, ''])
  assert.ok(err.includes(`${file}:2:1 siet: there is no "siet" here; did you mean site?`), err)
  assert.ok(err.includes(`${file}:5:5 monitors[0].gruop_by: there is no "gruop_by" here`), err)
})

test('a configuration that is right shows slices, memory and which rules fire early', async () => {
  const { code, out } = await runCli(['check', 'config', 'examples/nocturne.yaml'])

  assert.equal(code, 0)
  assert.match(out, /tcp-retransmits: 10s every 1s, lateness 2s, slices of 1s/)
  assert.match(out, /keeps at most \d+ slices and [\d.]+ MiB/)
  assert.match(out, /RetransmitsHigh +fires early, before its window closes/)
  assert.match(out, /LossHigh +fires when its window closes: it must hold first/)
})

test('[H3] a configuration that is right shows what its rules ask of the past', async () => {
  const { code, out } = await runCli(['check', 'config', 'examples/past.yaml'])

  assert.equal(code, 0)
  assert.match(out, /RetransmitsTripled +fires when its window closes/)
  const asked = [...out.matchAll(/^ {2}(.*) is asked (.*) queries\/s by 1,000 groups$/gm)]
  const found = asked.map(([, term, how]) => `${term} ${how}`)
  assert.deepEqual(found, [
    'base(retrans, 1h) every 1m from 60 minute roll-ups: at most 17',
    'base(conns, 10m) every 30s from 600 windows: at most 33',
    'same_hour(segments, 7) every 10m from 7 hour roll-ups: at most 12',
    'trend(rtt, 30m) every 1m from 30 minute roll-ups: at most 17',
    'over(loss, 30d) every 10m from 720 hour roll-ups: at most 1.7',
  ])
})

test('what is right and still worth knowing is noted behind it', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'spark.yaml')
  await writeFile(
    file,
    `version: 1
log: { kind: kafka, kafka: { brokers: ["k:9093"], tls: {} } }
aggregate: { engine: spark, spark: { remote: "127.0.0.1:15002", checkpoints: /c } }
`,
  )

  const { code, out } = await runCli(['check', 'config', file])
  const inJson = await runCli(['check', 'config', file, '--json'])

  assert.equal(code, 0)
  assert.ok(out.includes(`note: ${file}:3:`), out)
  assert.match(out, /aggregate\.spark\.kafka: .* log\.kafka is encrypted; write/)
  const paths = JSON.parse(inJson.out).notes.map(({ path }: { path: string }) => path)
  assert.ok(paths.includes('aggregate.spark.kafka'))
})

test('[R8] --engine wins over the file', async () => {
  const words = ['up', '--engine', 'spark', '--config', 'test/fixtures/small.yaml']

  const { code, err } = await runCli(words)
  const unknown = await runCli([...words, '--engine', 'flink'])

  assert.equal(code, 3)
  assert.match(err, /NOCTURNE_AGGREGATE_ENGINE.*aggregate\.engine: is spark, and the log’s kind is/)
  assert.match(unknown.err, /write own or spark/)
})

test('[Z17] a cluster is found for what it did, whichever engine the file says now', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'own.yaml')
  const spark = 'spark: { remote: "127.0.0.1:15002", checkpoints: /c }'
  await writeFile(file, `version: 1\naggregate: { engine: own, ${spark} }\n`)

  const { code, err } = await runCli(['spark', 'status', '--config', file, '--data', folder])

  assert.match(err, /CLI_FILE_MISSING/, 'it goes on to the log, which is not there')
  assert.equal(code, 2)
})

test('[R8] --print shows where each value was said', async () => {
  const env = { NOCTURNE_LOG_PARTITIONS: '2' }

  const words = ['check', 'config', 'test/fixtures/small.yaml', '--print']
  const { code, out } = await runCli(words, { env })

  assert.equal(code, 0)
  assert.match(out, /^site = s1 +# test\/fixtures\/small\.yaml:3$/m)
  assert.match(out, /^log\.partitions = 2 +# environment variable NOCTURNE_LOG_PARTITIONS$/m)
  assert.match(out, /^http\.listen = 127\.0\.0\.1:8080 +# default$/m)
  assert.match(out, /^monitors\[0\]\.window\.emit = 200ms +# default$/m)
})
