/** Which screen an address shows. */
export type Screen =
  | { readonly name: 'wall' }
  | { readonly name: 'feed' }
  | { readonly name: 'stream'; readonly scope: string; readonly stream: string }

/** The screen of a path; anything unknown is the wall. */
export function screenOf(path: string): Screen {
  if (path === '/feed') return { name: 'feed' }
  const [, root, scope, ...rest] = path.split('/')
  if (root === 'stream' && scope !== undefined && rest.length > 0) {
    return { name: 'stream', scope: decoded(scope), stream: decoded(rest.join('/')) }
  }
  return { name: 'wall' }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    return error instanceof URIError ? part : ''
  }
}

/** A stream's address; what the address asks beyond the path, such as the theme, is kept. */
export const streamPath = (scope: string, stream: string): string =>
  `/stream/${encodeURIComponent(scope)}/${encodeURIComponent(stream)}`

/** Goes to a path within the wall without loading the page. */
export function visit(path: string): void {
  history.pushState(null, '', path + location.search)
  dispatchEvent(new PopStateEvent('popstate'))
}
