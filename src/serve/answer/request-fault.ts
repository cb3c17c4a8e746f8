/** The headers of a request that tell where it comes from. */
export type OriginHeaders = {
  readonly host?: string | undefined
  readonly origin?: string | undefined
  readonly 'sec-fetch-site'?: string | string[] | undefined
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Why a request's `Host` is none of ours: a page elsewhere may have had its name resolved to this
 * machine (DNS rebinding), and its browser would then call it our own origin.
 */
export function hostFault(headers: OriginHeaders, hosts: readonly string[]): string | undefined {
  const name = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
  if (LOOPBACK.has(name) || hosts.includes(name)) return undefined
  return `host ${name === '' ? 'missing' : name.slice(0, 100)}`
}

/**
 * Why a request that changes something is refused (SPEC R15). Browsers say `Sec-Fetch-Site` to
 * trustworthy addresses only, so a plain-HTTP wall proves itself by its `Origin`. A program that
 * is no browser sends neither; it is let through where `isProgramAllowed`.
 */
export function originFault(headers: OriginHeaders, isProgramAllowed: boolean): string | undefined {
  const { host, origin } = headers
  const site = headers['sec-fetch-site']
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    return 'origin'
  }
  if (site !== undefined) return site === 'same-origin' ? undefined : 'sec-fetch-site'
  return origin !== undefined || isProgramAllowed ? undefined : 'neither Sec-Fetch-Site nor Origin'
}
