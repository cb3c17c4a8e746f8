/**
 * What the text of a site's query takes for granted of its session, whoever opens it (spark.md
 * 9.1).
 */
export const programSettings: Readonly<Record<string, string>> = {
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.session.timeZone': 'UTC',
  'spark.sql.caseSensitive': 'true',
  // Else lines of 76 characters, with CRLF inside of JSON strings.
  'spark.sql.chunkBase64String.enabled': 'false',
  // HotSpot compiles no method beyond 8,000 bytes of code: Spark then cuts a stage into smaller
  // ones, where by its default all of the stage would be interpreted.
  'spark.sql.codegen.hugeMethodLimit': '8000',
  // The default sorts from 128 groups on.
  'spark.sql.objectHashAggregate.sortBased.fallbackThreshold': '65536',
  'spark.sql.parser.escapedStringLiterals': 'false',
  // The last one counts, as in JSON.parse.
  'spark.sql.variant.allowDuplicateKeys': 'true',
}
