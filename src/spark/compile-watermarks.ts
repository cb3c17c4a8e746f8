import { nameOfSite, textSql } from './compile-text.ts'

/**
 * Of a batch over the rows of one site: a watermark record for each input partition that brought
 * any, as key and value of `panes` (P6). It reads what the site's own program calls `seen`; a
 * streaming query is told the same by what its batches observe.
 */
export function watermarksSql({ site, partitions }: { site: string; partitions: number }): string {
  const newest = 'max(CASE WHEN refused IS NULL THEN t END)'
  const members = [
    `'v', 1, 'site', ${textSql(site)}, 'partition', partition, 'of', ${partitions}`,
    `'watermark', ${newest}, 'at', unix_millis(current_timestamp())`,
    `'rows', count_if(refused IS NULL AND NOT beat), 'late', 0`,
    `'skewed', count_if(refused = 'skewed')`,
    `'rejected', count_if(refused IS NOT NULL AND refused <> 'skewed')`,
    `'final', CAST(max(CASE WHEN refused IS NULL THEN f_final END) AS BIGINT)`,
  ]
  const bytes = (text: string): string => `CAST(${text} AS BINARY)`
  const parts = [`X'00'`, bytes(textSql(site)), `X'00'`, bytes('CAST(partition AS STRING)')]
  return `SELECT concat(${parts.join(', ')}) AS key,
  to_json(named_struct(${members.join(', ')})) AS value
FROM seen_${nameOfSite(site)} GROUP BY partition HAVING ${newest} IS NOT NULL`
}
