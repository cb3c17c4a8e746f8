import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watermarksSql } from './compile-watermarks.ts'

test('[P6] a batch tells how far each partition came, under the key of a watermark record', () => {
  const sql = watermarksSql({ site: "a'1", partitions: 4 })

  assert.match(sql, /^SELECT concat\(X'00', CAST\(CAST\(X'612731' AS STRING\) AS BINARY\), X'00'/)
  assert.match(sql, /'of', 4, 'watermark', max\(CASE WHEN refused IS NULL THEN t END\)/)
  assert.match(sql, /FROM seen_612731 GROUP BY partition HAVING max.* IS NOT NULL$/)
  assert.ok(!sql.includes("a'1"), 'of a name nothing but its bytes is in the text')
})
