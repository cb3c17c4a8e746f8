import { layers, type Room } from '../../src/layers.ts'

/** Where a file stands in the house. */
export type Place = {
  /** First folder: `src`, `web`, `test`, `bench`, `scripts`. */
  readonly side: string
  /** Name of the room in `src/layers.ts`; undefined outside `src/` and for `layers.ts` itself. */
  readonly room: string | undefined
  /** Tests and suites: they may name any adapter, any package, and are no part of the product. */
  readonly isTest: boolean
}

/** The place of a path from the root of the repository. */
export function placeOf(path: string): Place {
  const [side = ''] = path.split('/')
  const isTest = /\.(test|suite)\.tsx?$/.test(path) || side === 'test' || side === 'bench'
  return { side, room: side === 'src' ? roomOf(path) : undefined, isTest }
}

/** What `src/layers.ts` says about a room. */
export const roomNamed = (name: string | undefined): Room | undefined =>
  name === undefined ? undefined : layers[name]

/** An adapter is a room below a seam: `log/memory`. */
export const isAdapter = (room: string): boolean => room.includes('/')

/** `main.ts` is the command line's first file. The longest name that fits is the room. */
function roomOf(path: string): string | undefined {
  if (path === 'src/main.ts') return 'cli'
  const parts = path.split('/').slice(1, -1)
  for (let length = parts.length; length > 0; length--) {
    const name = parts.slice(0, length).join('/')
    if (name in layers) return name
  }
  return parts[0]
}
