/** The parts of the program that a process may run. */
export const roles = [
  'collect',
  'aggregate',
  'evaluate',
  'record',
  'notify',
  'forward',
  'serve',
] as const
export type Role = (typeof roles)[number]
