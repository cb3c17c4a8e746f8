/** What goes wrong in a worker that reads a partition: an error, a loop, or its heap. */
export type WorkerFault = {
  readonly kind: 'bug' | 'hang' | 'memory'
  /** The partition, as `readings/2`. */
  readonly at: string
  readonly isOnce: boolean
  /** Two numbers in shared memory: whether it is on, and how often it was met. */
  readonly cells: SharedArrayBuffer
}
