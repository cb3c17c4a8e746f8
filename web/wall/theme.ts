export type Theme = 'dark' | 'light'

const asked = (): Theme | undefined => {
  const theme = new URLSearchParams(location.search).get('theme')
  return theme === 'dark' || theme === 'light' ? theme : undefined
}

/** The theme of the address, else the one of the system; the page is told, styles follow. */
export function currentTheme(): Theme {
  const system = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
  const theme = asked() ?? system
  if (asked() !== undefined) document.documentElement.dataset['theme'] = theme
  return theme
}

/** Takes the other theme and keeps it in the address, so that a link shows the same (U10). */
export function toggleTheme(): Theme {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark'
  const query = new URLSearchParams(location.search)
  query.set('theme', theme)
  history.replaceState(null, '', `${location.pathname}?${query}`)
  document.documentElement.dataset['theme'] = theme
  return theme
}
