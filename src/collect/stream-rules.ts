import { BlockList, isIP, isIPv6 } from 'node:net'
import { NocturneError } from '../model/nocturne-error.ts'
import type { SsEndpoint, SsSocket } from '../wire/ss/ss-text.ts'

/** Names the stream of a connection; the first rule whose every given part fits decides. */
export type StreamRule = {
  /** The local port. */
  readonly port?: number
  /** The peer's address or prefix, as `198.51.100.0/24`. */
  readonly address?: string
  readonly stream: string
}

/** Which connections are read. What is absent takes everything. */
export type SocketFilter = {
  /** Local ports. */
  readonly ports?: readonly number[]
  /** Local addresses or prefixes. */
  readonly addresses?: readonly string[]
  /** States as `ss` prints them; a dump without that column passes. */
  readonly states?: readonly string[]
}

/** Whether a connection is to be read. @throws COLLECT_ADDRESS_INVALID */
export function socketFilter(filter: SocketFilter): (socket: SsSocket) => boolean {
  const inPrefixes = filter.addresses === undefined ? undefined : prefixTest(filter.addresses)
  return ({ state, local }) =>
    (filter.ports === undefined || filter.ports.includes(local.port ?? -1)) &&
    (inPrefixes === undefined || inPrefixes(local)) &&
    (filter.states === undefined || state === undefined || filter.states.includes(state))
}

/**
 * The stream of a connection: by rule, else `tcp-<local port>`, or `tcp-to-<peer port>` of one that
 * this host opened; `tcp-other` where neither port lasts. @throws COLLECT_ADDRESS_INVALID
 */
export function streamNaming(rules: readonly StreamRule[]): (socket: SsSocket) => string {
  const tests = rules.map((rule) => ({
    ...rule,
    fits: rule.address === undefined ? () => true : prefixTest([rule.address]),
  }))
  return ({ local, peer }) => {
    const rule = tests.find(
      ({ port, fits }) => (port === undefined || port === local.port) && fits(peer),
    )
    return rule?.stream ?? defaultStream(local.port ?? 0, peer.port ?? 0)
  }
}

/** First of the ports that Linux gives to outgoing connections (`ip_local_port_range`). */
const EPHEMERAL_PORT_MIN = 32_768

/**
 * A service is known by its own port. A connection that this host opened has a port of the moment,
 * which would make a stream of each connection: those are known by where they lead.
 */
function defaultStream(localPort: number, peerPort: number): string {
  if (localPort < EPHEMERAL_PORT_MIN) return `tcp-${localPort}`
  return peerPort < EPHEMERAL_PORT_MIN ? `tcp-to-${peerPort}` : 'tcp-other'
}

function prefixTest(prefixes: readonly string[]): (end: SsEndpoint) => boolean {
  const list = new BlockList()
  for (const prefix of prefixes) addPrefix(list, prefix)
  return ({ address }) => isIP(address) > 0 && list.check(address, familyOf(address))
}

function addPrefix(list: BlockList, prefix: string): void {
  const [address = '', bits] = prefix.split('/')
  const bitsMax = isIPv6(address) ? 128 : 32
  const length = bits === undefined ? bitsMax : Number(bits)
  if (isIP(address) === 0 || bits === '' || !Number.isInteger(length)) throw invalid(prefix)
  if (length < 0 || length > bitsMax) throw invalid(prefix)
  list.addSubnet(address, length, familyOf(address))
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4')

const invalid = (prefix: string): NocturneError =>
  new NocturneError('COLLECT_ADDRESS_INVALID', prefix)
