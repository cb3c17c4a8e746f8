import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditPanes } from '../rig/panes-audit.ts'
import { withoutJava } from '../rig/servers.ts'
import { SparkSite } from '../rig/spark-site.ts'

const skip = withoutJava()
const REST = ['collect', 'evaluate', 'record', 'notify', 'serve']
const WATCHER = ['aggregate', 'serve']

test(
  '[Z12] [Z13] [Z16] our process, Spark and the broker are killed: no window differs',
  { skip },
  async (t) => {
    const rig = await SparkSite.open(t)
    const rest = rig.bySpark.start(...REST)
    t.after(() => t.diagnostic(rest.said))
    const first = rig.bySpark.start(...WATCHER)
    rig.begin(await rest.url)
    await first.until((_, text) => text.includes('"spark ams1","ok":true'))
    await rig.passed(15)

    const run = await rig.run()
    await first.kill()
    await rig.passed(5)
    const second = rig.bySpark.start(...WATCHER)
    t.after(() => t.diagnostic(second.said))
    await second.until((_, text) => text.includes('"spark ams1","ok":true'))
    assert.equal(await rig.run(), run)
    await rig.passed(10)

    await rig.spark.kill()
    await second.until((_, text) => text.includes('SPARK_UNAVAILABLE'))
    await rig.passed(5)
    await rig.spark.start()
    await second.until((_, text) => text.includes('"spark ams1","ok":true'))
    assert.notEqual(await rig.run(), run)
    await rig.passed(10)

    await rig.cluster.kill('k1')
    await rig.passed(5)
    await rig.cluster.start('k1')
    await rig.passed(20)
    const before = await rig.end()

    const { delays } = await rig.bySpark.settled(rig.load.expected, before)
    const audit = await auditPanes(rig.bySpark.log)
    t.diagnostic(JSON.stringify(audit))
    assert.deepEqual([audit.back, audit.overtaken], [0, 0])
    const alerts = await rig.bySpark.fired(rig.load.expected, before)
    t.diagnostic(`${rig.load.rows} rows, ${alerts} alerts`)
    const sorted = delays.toSorted((a, b) => a - b)
    const at = (part: number) => Math.round(sorted[Math.floor((sorted.length - 1) * part)]!)
    t.diagnostic(`windows late by p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms`)
  },
)
