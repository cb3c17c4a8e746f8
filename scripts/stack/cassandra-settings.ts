import { join } from 'node:path'
import type { Address } from './kafka-probe.ts'

/** The data centre of every node: what the simple snitch calls it. */
export const DATA_CENTER = 'datacenter1'

/** One node of a cluster: its number from one and the ports that all nodes share. */
export type CassandraPlace = {
  readonly index: number
  readonly count: number
  readonly nativePort: number
  readonly storagePort: number
  /** Where it keeps everything. */
  readonly folder: string
}

/** Nodes of a cluster share ports and differ in their address, as Cassandra wants it. */
const hostOf = (index: number): string => `127.0.0.${index}`

/** Where clients reach a node. */
export const nativeAddress = ({ index, nativePort }: CassandraPlace): Address => ({
  host: hostOf(index),
  port: nativePort,
})

/** A third of the ring each, so that nobody needs to stream when they start. */
const TOKENS: Readonly<Record<number, readonly string[]>> = {
  1: ['0'],
  3: ['-9223372036854775808', '-3074457345618258603', '3074457345618258602'],
}

/**
 * The text of `cassandra.yaml`, which is JSON as well. Caches and buffers are small, one token a
 * node and no bootstrap. The commit log is marked every 100 ms and synced every 10 s: so much may a
 * killed process forget, and a power cut.
 */
export function cassandraYaml(
  place: CassandraPlace,
  secured: Readonly<Record<string, unknown>>,
): string {
  const { index, count, folder } = place
  const seeds = Array.from({ length: count }, (_, at) => `${hostOf(at + 1)}:${place.storagePort}`)
  const settings = {
    cluster_name: 'nocturne',
    num_tokens: 1,
    initial_token: TOKENS[count]![index - 1]!,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    auto_bootstrap: false,
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: seeds.join() }],
      },
    ],
    listen_address: hostOf(index),
    rpc_address: hostOf(index),
    storage_port: place.storagePort,
    native_transport_port: place.nativePort,
    data_file_directories: [join(folder, 'data')],
    commitlog_directory: join(folder, 'commitlog'),
    saved_caches_directory: join(folder, 'saved_caches'),
    hints_directory: join(folder, 'hints'),
    cdc_raw_directory: join(folder, 'cdc_raw'),
    commitlog_sync: 'periodic',
    commitlog_sync_period: '10000ms',
    commitlog_segment_size: '16MiB',
    commitlog_total_space: '256MiB',
    memtable_heap_space: '96MiB',
    memtable_offheap_space: '96MiB',
    memtable_allocation_type: 'offheap_objects',
    file_cache_size: '64MiB',
    key_cache_size: '16MiB',
    counter_cache_size: '4MiB',
    concurrent_reads: 8,
    concurrent_writes: 8,
    concurrent_compactors: 1,
    native_transport_max_threads: 16,
    paxos_variant: 'v2',
    ...secured,
  }
  return `${JSON.stringify(settings, undefined, 2)}\n`
}

/** What Java 17 has to open for Cassandra, as its own start script has it. */
const EXPORTS = [
  'java.base/java.lang.ref',
  'java.base/jdk.internal.misc',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'jdk.attach/sun.tools.attach',
  'jdk.compiler/com.sun.tools.javac.file',
  'jdk.unsupported/sun.misc',
]
const OPENS = [
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.module',
  'java.base/java.lang.reflect',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.util.jar',
  'java.base/sun.nio.ch',
  'jdk.compiler/com.sun.tools.javac',
  'jdk.management/com.sun.management.internal',
]

/** Flags of Java of one node. Without JMX: its tables and the driver answer most questions. */
export function cassandraFlags(folder: string, jars: string, heap: string): string[] {
  const temporary = join(folder, 'tmp')
  const properties = {
    'jdk.attach.allowAttachSelf': 'true',
    'java.net.preferIPv4Stack': 'true',
    'io.netty.tryReflectionSetAccessible': 'true',
    'java.io.tmpdir': temporary,
    'jna.tmpdir': temporary,
    'cassandra.config': `file://${join(folder, 'cassandra.yaml')}`,
    'cassandra.storagedir': folder,
    'cassandra.logdir': folder,
    'cassandra.triggers_dir': join(folder, 'triggers'),
    'cassandra-foreground': 'yes',
    'cassandra.available_processors': '1',
    'cassandra.skip_wait_for_gossip_to_settle': '0',
    'cassandra.ring_delay_ms': '2000',
    'cassandra.superuser_setup_delay_ms': '100',
  }
  return [
    ...EXPORTS.flatMap((what) => ['--add-exports', `${what}=ALL-UNNAMED`]),
    ...OPENS.flatMap((what) => ['--add-opens', `${what}=ALL-UNNAMED`]),
    `-javaagent:${join(jars, 'jamm-0.4.0.jar')}`,
    '-Xss512k',
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-XX:MaxDirectMemorySize=384m',
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=300',
    '-XX:+ExitOnOutOfMemoryError',
    ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
  ]
}
