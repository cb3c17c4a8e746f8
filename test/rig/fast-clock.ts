import { systemClock, type Clock } from '../../src/std/clock.ts'

/** A clock that runs `speed` times as fast as the machine's: for minutes of waiting, end to end. */
export const fastClock = (speed: number): Clock => {
  const began = systemClock.now()
  return {
    now: () => Math.floor(began + (systemClock.now() - began) * speed),
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  }
}
