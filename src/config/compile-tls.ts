import { resolve } from 'node:path'
import type { ReadSecret } from './compile-notify.ts'
import type { TlsSpec } from './config.ts'
import type { ConfigPath } from './config-error.ts'
import type { Findings } from './expressions.ts'
import type { TlsFields } from './schema/tls-schema.ts'
import { fileText } from './written-config.ts'

/** Where a part of the configuration stands, and who hears of its mistakes. */
export type Place = {
  readonly folder: string
  readonly findings: Findings
  readonly readSecret: ReadSecret
}

/** The files of encrypted connections, absolute and seen to be there. */
export function compileTls(fields: TlsFields, path: ConfigPath, place: Place): TlsSpec {
  const { ca, cert, key, server_name: serverName } = fields
  const { folder, findings, readSecret } = place
  for (const [name, value] of Object.entries({ ca, cert })) {
    if (value === undefined) continue
    const read = fileText(resolve(folder, value))
    if (!('reason' in read)) continue
    const message = `names the file ${value}, which ${read.reason}`
    findings.push({ path: [...path, name], message, advice: 'write certificates in PEM into it' })
  }
  if (key !== undefined) readSecret(key, [...path, 'key'])
  return {
    ...(ca !== undefined && { caFile: resolve(folder, ca) }),
    ...(cert !== undefined && { certFile: resolve(folder, cert) }),
    ...(key !== undefined && { keyFile: resolve(folder, key) }),
    ...(serverName !== undefined && { serverName }),
  }
}

/** `host:port` with a port that there is; brackets of an IPv6 address go. */
export function addressAt(
  { text, example }: { readonly text: string; readonly example: string },
  path: ConfigPath,
  findings: Findings,
): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':')
  const port = Number(text.slice(at + 1))
  if (port < 1 || port > 65_535) {
    findings.push({ path, message: 'has no such port', advice: `write ${example}` })
  }
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port }
}
