/** `host:port` as a client is told it: an IPv6 address stands in brackets. */
export const authorityOf = ({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)
