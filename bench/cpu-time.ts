/**
 * Time that this process has worked so far, all of its threads, in ms: what others do on a shared
 * machine does not count, and the collector's helpers do, on whichever side they had to help.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The same of this thread alone, in ms: what the machine's helpers do beside it does not count. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
