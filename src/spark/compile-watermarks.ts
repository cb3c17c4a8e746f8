import { nameOfSite, textSql } from './compile-text.ts'

/**
 * Of a batch over the rows of one site: a watermark record for each input partition that brought
 * any, as key and value of `panes` (P6). It reads what the site's own program calls `seen`; a
 * streaming query is told the same by what its batches observe.
 */
export function watermarksSql({ site, partitions }: { site: string; partitions: number }): string {
  const members = [
    `'v', 1, 'site', ${textSql(site)}, 'partition', partition, 'of', ${partitions}`,
    `'watermark', max(CASE WHEN refused IS NULL THEN t END)`,
    `'rows', count_if(refused IS NULL AND NOT beat), 'late', 0`,
    `'skewed', count_if(refused = 'skewed')`,
    `'rejected', count_if(refused IS NOT NULL AND refused <> 'skewed')`,
    `'at', unix_millis(current_timestamp())`,
    `'final', CAST(max(CASE WHEN refused IS NULL THEN f_final END) AS BIGINT)`,
  ]
  const key = `concat(X'00', CAST(${textSql(site)} AS BINARY), X'00', CAST(CAST(partition AS STRING) AS BINARY))`
  return `SELECT ${key} AS key, to_json(named_struct(${members.join(', ')})) AS value
FROM seen_${nameOfSite(site)} GROUP BY partition HAVING max(CASE WHEN refused IS NULL THEN t END) IS NOT NULL`
}
