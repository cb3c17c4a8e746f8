import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { runTool, type JarSet } from './java.ts'
import type { KafkaSecurity } from './kafka-security.ts'
import type { Address } from './kafka-probe.ts'
import { Nodes, type NodeSpec } from './nodes.ts'

/** What a cluster is made of, in the folder and on the ports that it was given. */
export type ClusterPlan = {
  /** Nodes of one stage start at once, after those of the stage before are ready. */
  readonly stages: readonly (readonly NodeSpec[])[]
  /** Where the tools come from. */
  readonly set: JarSet
  readonly bootstrap: readonly Address[]
  readonly far?: readonly Address[]
  readonly security?: KafkaSecurity
}

/** Where a cluster goes. */
export type ClusterPlace = { readonly folder: string; readonly ports: readonly number[] }

/** Servers that run. Nothing of them outlives our process, however that ends. */
export type StartedCluster = {
  /** The listeners for clients, one of each broker. */
  readonly bootstrap: readonly Address[]
  /** Listeners for clients from afar, where they were asked for. */
  readonly far?: readonly Address[]
  readonly nodes: readonly string[]
  /** Only of a cluster that is secured. */
  readonly security?: KafkaSecurity
  /** Of a node that runs. */
  pid(node: string): number | undefined
  /** SIGKILL; resolves when the node is gone. */
  kill(node: string): Promise<void>
  /** SIGTERM; resolves when the node has left, which is forced after 30 s. */
  stop(node: string): Promise<void>
  /**
   * Starts an ended node on its old data; resolves when it serves. A node that needs another to
   * have a quorum is started beside it: `Promise.all([start('n2'), start('n3')])`.
   */
  start(node: string): Promise<void>
  /** SIGSTOP: it stands still, its connections stay open. */
  pause(node: string): void
  /** SIGCONT. */
  resume(node: string): void
  /** Runs one of Kafka's own tools, `org.apache.kafka.tools.TopicCommand`; what it printed. */
  tool(className: string, args: readonly string[], input?: string): Promise<string>
  /** Processor seconds of the brokers that run now, since each began. */
  cpuSeconds(): number
  /** Ends everything and deletes the folder, unless it was given. */
  close(): Promise<void>
}

/** What a cluster needs before it can be planned; an absent folder is a temporary one. */
export type ClusterNeeds = { readonly folder: string | undefined; readonly portCount: number }

/** Starts what a plan says. When a port was taken meanwhile, it is planned once more on others. */
export async function startCluster(
  { folder: given, portCount }: ClusterNeeds,
  plan: (place: ClusterPlace) => Promise<ClusterPlan>,
): Promise<StartedCluster> {
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'nocturne-stack-')))
  await mkdir(folder, { recursive: true })
  const forget = async () => {
    if (given === undefined) await rm(folder, { recursive: true, force: true })
  }
  const attempt = async () => {
    const made = await plan({ folder, ports: await freePorts(portCount) })
    return clusterOf(made, await startStages(made.stages), async (nodes) => {
      // Data that stays is left in order: brokers first, they need a controller to leave.
      for (const stage of given === undefined ? [] : made.stages.toReversed()) {
        await stopStage(nodes, stage)
      }
      await Promise.all(nodes.names.map((name) => nodes.kill(name)))
      await forget()
    })
  }
  try {
    return await attempt().catch((error: unknown) => {
      if (!PORT_TAKEN.test(String(error))) throw error
      return attempt()
    })
  } catch (error) {
    await forget()
    throw error
  }
}

const PORT_TAKEN = /BindException|Address already in use/

async function startStages(stages: ClusterPlan['stages']): Promise<Nodes> {
  const nodes = new Nodes(stages.flat())
  try {
    for (const stage of stages) await nodes.startAll(stage.map(({ name }) => name))
    return nodes
  } catch (error) {
    await Promise.all(nodes.names.map((name) => nodes.kill(name)))
    throw error
  }
}

async function stopStage(nodes: Nodes, stage: readonly NodeSpec[]): Promise<void> {
  for (const isBroker of [true, false]) {
    const leaving = stage.filter((spec) => spec.isBroker === isBroker)
    await Promise.all(leaving.map(({ name }) => nodes.stop(name)))
  }
}

function clusterOf(
  { set, bootstrap, far, security }: ClusterPlan,
  nodes: Nodes,
  close: (nodes: Nodes) => Promise<void>,
): StartedCluster {
  return {
    bootstrap,
    nodes: nodes.names,
    ...(far && { far }),
    ...(security && { security }),
    pid: (node) => nodes.pid(node),
    kill: (node) => nodes.kill(node),
    stop: (node) => nodes.stop(node),
    start: (node) => nodes.start(node),
    pause: (node) => nodes.signal(node, 'SIGSTOP'),
    resume: (node) => nodes.signal(node, 'SIGCONT'),
    tool: (className, args, input) =>
      runTool({ set, className, args, ...(input !== undefined && { input }) }),
    cpuSeconds: () => nodes.brokerCpuSeconds(),
    close: () => close(nodes),
  }
}
