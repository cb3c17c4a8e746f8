import type { Trouble } from '../disk/disk-troubles.ts'
import type { Fault } from './faults.ts'
import { DISK_BYTES, type Stage } from './stage.ts'

const US = 1_000
/** A trouble that nothing asks for is over after this long. */
const PATIENCE_US = 20_000_000

/** Lets a fault happen to a world, now. */
export function befall(world: Stage, fault: Fault): void {
  world.trace.note(JSON.stringify(fault))
  world.tally.add(`fault ${fault.kind}`)
  switch (fault.kind) {
    case 'kill':
    case 'power':
      return world.end(fault.kind, fault.downMs)
    case 'stop':
      return world.beside(world.restart(fault.downMs))
    case 'die':
      return world.process?.gate.set(fault)
    case 'eio':
    case 'lost-sync':
    case 'short-write':
    case 'slow':
      return world.troubles.begin(troubleOf(fault, world.scheduler.nowUs))
    default:
      return befallForAWhile(world, fault)
  }
}

type Brief = Exclude<Fault, DiskFault | { kind: 'kill' | 'power' | 'stop' | 'die' }>
type DiskFault = Extract<Fault, { kind: 'eio' | 'lost-sync' | 'short-write' | 'slow' }>

function befallForAWhile(world: Stage, fault: Brief): void {
  const { scheduler, offset, platter, storeMood, process } = world
  const afterwards = (ms: number, act: () => void) => scheduler.after(ms * US, undefined, act)
  switch (fault.kind) {
    case 'pause':
      if (process) process.life.pausedToUs = scheduler.nowUs + fault.forMs * US
      return
    case 'clock':
      return offset.step(fault.stepMs)
    case 'full':
      platter.capacityBytes = platter.usedBytes + fault.leftBytes
      afterwards(fault.forMs, () => (platter.capacityBytes = DISK_BYTES))
      return
    case 'store':
      storeMood.isDown = true
      afterwards(fault.forMs, () => (storeMood.isDown = false))
      return
    case 'receiver': {
      const endpoint = world.endpoints[fault.receiver % world.endpoints.length]!
      endpoint.mood = fault.mood
      afterwards(fault.forMs, () => (endpoint.mood = 'takes'))
      return
    }
    case 'cut': {
      const sender = world.senders[fault.sender % world.senders.length]!
      sender.isCut = true
      afterwards(fault.forMs, () => (sender.isCut = false))
      return
    }
    case 'reload':
      world.rules.scale = fault.scale
      return process && world.beside(process.reload())
    case 'rebalance':
      return process && world.beside(process.rebalance(fault.forMs))
  }
}

function troubleOf(fault: DiskFault, nowUs: number): Trouble {
  const untilUs = nowUs + PATIENCE_US
  switch (fault.kind) {
    case 'eio':
      return { kind: 'eio', ops: fault.ops, count: fault.count, untilUs }
    case 'lost-sync':
      return { kind: 'lost-sync', ops: ['datasync'], count: 1, untilUs }
    case 'short-write':
      return { kind: 'short-write', ops: ['write'], count: 1, untilUs }
    case 'slow': {
      const count = Number.POSITIVE_INFINITY
      const over = nowUs + fault.forMs * US
      return {
        kind: 'slow',
        ops: ['datasync', 'write'],
        count,
        untilUs: over,
        us: fault.callMs * US,
      }
    }
  }
}
