/**
 * What the text of a site's query takes for granted of its session, whoever opens it (spark.md
 * 9.1). HotSpot compiles no method of more than 8,000 bytes of code: Spark then has to cut a stage
 * into smaller ones, or all of it is interpreted.
 */
export const programSettings: Readonly<Record<string, string>> = {
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.session.timeZone': 'UTC',
  'spark.sql.caseSensitive': 'true',
  'spark.sql.chunkBase64String.enabled': 'false',
  'spark.sql.codegen.hugeMethodLimit': '8000',
  'spark.sql.objectHashAggregate.sortBased.fallbackThreshold': '65536',
  'spark.sql.parser.escapedStringLiterals': 'false',
  'spark.sql.variant.allowDuplicateKeys': 'true',
}
