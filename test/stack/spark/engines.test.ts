import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutJava } from '../rig/servers.ts'
import { SparkSite } from '../rig/spark-site.ts'

const skip = withoutJava()
const REST = ['collect', 'evaluate', 'record', 'notify', 'serve']
const HOT = ['aggregate', 'serve']

test(
  '[Z15] [Z17] our own engine, Spark, other monitors, our own: no window differs under load',
  { skip },
  async (t) => {
    const rig = await SparkSite.open(t)
    const rest = rig.byOwn.start(...REST)
    const own = rig.byOwn.start(...HOT)
    rig.begin(await rest.url)
    await own.ready()
    await rig.passed(10)

    await own.stop()
    const spark = rig.bySpark.start(...HOT)
    t.after(() => t.diagnostic(spark.said))
    await spark.until((_, text) => text.includes('"spark ams1","ok":true'))
    await rig.passed(15)

    const before = await rig.run()
    await Promise.all([rig.byOwn.addMonitor(), rig.bySpark.addMonitor()])
    for (const each of [rest, spark]) each.reload()
    await rig.passed(5)
    await spark.until((_, text) => text.includes('"spark ams1","ok":true'))
    assert.notEqual(await rig.run(), before)
    await rig.passed(10)

    const refused = await rig.byOwn.command('run', '--roles', 'aggregate')
    assert.equal(refused.code, 4, refused.said)
    assert.match(refused.said, /another engine makes the panes of these readings: Spark has had/)
    const early = await rig.bySpark.command('spark', 'stop')
    assert.equal(early.code, 4, early.said)
    await spark.stop()
    assert.notEqual(await rig.run(), 'none')
    const stopped = await rig.bySpark.command('spark', 'stop')
    assert.equal(stopped.code, 0, stopped.said)
    assert.match(stopped.said, /1 queries stopped/)
    const again = rig.byOwn.start(...HOT)
    await again.ready()
    await rig.passed(10)
    const end = await rig.end()

    await rig.byOwn.settled(rig.load.expected, end)
    const alerts = await rig.byOwn.fired(rig.load.expected, end)
    t.diagnostic(`${rig.load.rows} rows, ${alerts} alerts`)
  },
)
