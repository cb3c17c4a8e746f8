import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/std/clock.ts'
import { cassandraLacks, type CassandraNode } from './cassandra-probe.ts'
import {
  ADMIN,
  cassandraSecurity,
  securedSettings,
  type CassandraSecurity,
} from './cassandra-security.ts'
import {
  cassandraFlags,
  cassandraYaml,
  DATA_CENTER,
  nativeAddress,
  type CassandraPlace,
} from './cassandra-settings.ts'
import { jarFolder, javaCommand } from './java.ts'
import type { Address } from './kafka-probe.ts'
import type { NodeSpec } from './nodes.ts'
import { startCluster, type StartedCluster } from './started-cluster.ts'

const MEMBERS_MS_MAX = 120_000
const ASK_AGAIN_MS = 200
const PORTS_FILE = 'ports'

/** How a cluster is to be. */
export type CassandraOptions = {
  readonly nodes: 1 | 3
  /** `tls-auth`: clients come by TLS with a name and a password, and need rights. */
  readonly security?: 'none' | 'tls-auth'
  /** Where data and logs go and stay; a temporary folder, deleted at the end, when not said. */
  readonly folder?: string
  /** Of each node's Java: `512m`, when not said. */
  readonly heap?: string
  /** Where nodes tell clients that they are, instead of where they listen; at the same port. */
  readonly toClients?: readonly string[]
  /** More settings of every node, as cassandra.yaml names them. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** A cluster of real nodes, c1 to c3. Nothing of it outlives our process, however that ends. */
export type CassandraCluster = Pick<
  StartedCluster,
  'nodes' | 'pid' | 'kill' | 'stop' | 'start' | 'pause' | 'resume' | 'cpuSeconds' | 'close'
> & {
  /** `127.0.0.1:PORT` and so on, as `nodes` are named. */
  readonly contactPoints: readonly string[]
  readonly localDataCenter: string
  /** Only of a cluster that is secured. */
  readonly security?: CassandraSecurity
  /** Resolves when every node that runs counts all nodes as members. */
  settled(): Promise<void>
}

/** Starts Cassandra 5.0.8 and waits until each node answers and counts all of them as members. */
export async function startCassandra(options: CassandraOptions): Promise<CassandraCluster> {
  const isSecured = options.security === 'tls-auth'
  const asked: { folder: string; ports: string; nodes: CassandraNode[] } = {
    ...{ folder: '', ports: '', nodes: [] },
  }
  const needs = { folder: options.folder, portCount: 2 }
  const started = await startCluster(needs, async ({ folder, ports }) => {
    const [nativePort = 0, storagePort = 0] = (await keptPorts(folder)) ?? ports
    const secured = isSecured ? await securedSettings(folder) : {}
    const places = Array.from({ length: options.nodes }, (_, at): CassandraPlace => {
      const own = { index: at + 1, folder: join(folder, `c${at + 1}`) }
      return { ...own, count: options.nodes, nativePort, storagePort }
    })
    const bootstrap = places.map(nativeAddress)
    const credentials = isSecured ? ADMIN : undefined
    asked.folder = folder
    asked.ports = `${nativePort} ${storagePort}`
    asked.nodes = bootstrap.map((address) => ({ address, credentials }))
    const specs = places.map((place, at) => {
      const told = options.toClients?.[at]
      const address = told === undefined ? {} : { broadcast_rpc_address: told }
      const yaml = { ...secured, ...address, ...options.extra }
      return specOf({ place, node: asked.nodes[at]!, yaml, heap: options.heap ?? '512m' })
    })
    return { stages: [await Promise.all(specs)], set: 'cassandra', bootstrap }
  })
  try {
    await writeFile(join(asked.folder, PORTS_FILE), asked.ports)
    const security = isSecured
      ? { security: await cassandraSecurity(asked.folder, asked.nodes) }
      : undefined
    return clusterOf(started, asked.nodes, security)
  } catch (error) {
    await started.close()
    throw error
  }
}

/** Nodes know each other by address and port, so a folder with their data keeps its ports. */
async function keptPorts(folder: string): Promise<readonly number[] | undefined> {
  try {
    return (await readFile(join(folder, PORTS_FILE), 'utf8')).split(' ').map(Number)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

type SpecParts = {
  readonly place: CassandraPlace
  readonly node: CassandraNode
  readonly yaml: Readonly<Record<string, unknown>>
  readonly heap: string
}

async function specOf({ place, node, yaml, heap }: SpecParts): Promise<NodeSpec> {
  const { folder, index } = place
  for (const name of ['tmp', 'triggers']) await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, 'cassandra.yaml'), cassandraYaml(place, yaml))
  const command = await javaCommand({
    set: 'cassandra',
    flags: cassandraFlags(folder, await jarFolder('cassandra'), heap),
    className: 'org.apache.cassandra.service.CassandraDaemon',
    args: [],
  })
  return {
    name: `c${index}`,
    isBroker: true,
    command,
    logFile: join(folder, 'node.log'),
    lacks: (nodesMin) => cassandraLacks(node, nodesMin),
  }
}

function clusterOf(
  started: StartedCluster,
  asked: readonly CassandraNode[],
  security: { readonly security: CassandraSecurity } | undefined,
): CassandraCluster {
  const { nodes, bootstrap, pid, kill, stop, start, pause, resume, cpuSeconds, close } = started
  const settled = async () => {
    const running = asked.filter((_, at) => pid(nodes[at]!) !== undefined)
    await Promise.all(running.map((node) => membersKnown(node, nodes.length)))
  }
  return {
    ...{ nodes, pid, kill, stop, start, pause, resume, cpuSeconds, close },
    contactPoints: bootstrap.map(textOf),
    localDataCenter: DATA_CENTER,
    ...security,
    settled,
  }
}

const textOf = ({ host, port }: Address): string => `${host}:${port}`

async function membersKnown(node: CassandraNode, count: number): Promise<void> {
  const until = systemClock.now() + MEMBERS_MS_MAX
  let lacks = await cassandraLacks(node, count)
  while (lacks !== undefined) {
    if (systemClock.now() > until) throw new Error(`${textOf(node.address)}: ${lacks}`)
    await systemClock.sleep(ASK_AGAIN_MS)
    lacks = await cassandraLacks(node, count)
  }
}
