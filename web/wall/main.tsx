import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { AlertView, StepNews } from '../../src/serve/contract.ts'
import '../style/tokens.css'
import '../style/frame.css'
import '../style/controls.css'
import '../style/wall.css'
import '../style/grid.css'
import '../style/pages.css'
import { acknowledge } from './acknowledge.ts'
import { inOrder } from './alert-order.ts'
import { FeedScreen } from './feed-screen.tsx'
import { HeaderBar } from './header-bar.tsx'
import { StaleBand } from './stale-band.tsx'
import { listenKeys } from './keyboard.ts'
import { keepLive } from './live-connection.ts'
import { AckDialog, HelpDialog } from './modal-dialogs.tsx'
import { showTitle } from './page-title.ts'
import { plainText } from './text/plain-text.ts'
import { screenOf, visit, type Screen } from './screen-address.ts'
import { StreamScreen } from './stream-screen.tsx'
import { currentTheme, toggleTheme } from './theme.ts'
import type { WallContext } from './wall-context.ts'
import { WallScreen } from './wall-screen.tsx'
import { WallStore } from './wall-store.ts'

const NAME_KEY = 'nocturne.by'
const store = new WallStore()

/** Redraws on every change of the store, and every second besides: ages grow by themselves. */
function useWall(): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    const draw = (): void => setCount((before) => before + 1)
    const unsubscribe = store.subscribe(draw)
    const timer = setInterval(draw, 1_000)
    return () => {
      unsubscribe()
      clearInterval(timer)
    }
  }, [])
  return count
}

function useScreen(): Screen {
  const [screen, setScreen] = useState(screenOf(location.pathname))
  useEffect(() => {
    const show = (): void => setScreen(screenOf(location.pathname))
    addEventListener('popstate', show)
    return () => removeEventListener('popstate', show)
  }, [])
  return screen
}

/** Links within the wall are shown without a load; all others are the browser's. */
function onLink(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0)
    return
  if (link.origin !== location.origin) return
  event.preventDefault()
  visit(link.pathname)
}

/** New criticals are said at once, all other steps politely (WCAG 4.1.3). */
function Announcer({ recent }: { recent: readonly StepNews[] }) {
  const last = recent.at(-1)
  const critical = recent.findLast(({ step, level }) => step === 'firing' && level === 'critical')
  return (
    <div class="unseen">
      <div role="log">{last === undefined ? '' : `${plainText(last.title)}: ${last.step}`}</div>
      <div role="alert">{critical === undefined ? '' : plainText(critical.title)}</div>
    </div>
  )
}

function App() {
  useWall()
  const screen = useScreen()
  const [asked, setAsked] = useState<AlertView>()
  const [isHelping, setHelping] = useState(false)
  const [theme, setTheme] = useState(currentTheme())
  const { state } = store
  const now = store.now()
  const by = localStorage.getItem(NAME_KEY) ?? state.you
  const flipTheme = (): void => setTheme(toggleTheme())
  useEffect(() => keepLive(store), [])
  useEffect(
    () =>
      listenKeys({
        screen: () => screenOf(location.pathname),
        ack: (key) => {
          const open = inOrder(store.state.alerts.values())
          const wanted = store.state.alerts.get(key ?? '') ?? open.find(({ ack }) => ack === null)
          if (wanted !== undefined && wanted.ack === null) setAsked(wanted)
        },
        theme: flipTheme,
        help: () => setHelping(true),
      }),
    [],
  )
  useEffect(() => showTitle(state, now))
  const context: WallContext = {
    state,
    now,
    askAck: setAsked,
    release: (alert) => void acknowledge(store, alert, { by, comment: '', kind: 'unack' }),
  }
  const onAck = (alert: AlertView) => (name: string, comment: string) => {
    localStorage.setItem(NAME_KEY, name)
    void acknowledge(store, alert, { by: name, comment, kind: 'ack' })
  }
  return (
    <div class={state.isStale ? 'page is-stale' : 'page'} onClick={onLink}>
      <HeaderBar
        context={context}
        screen={screen.name}
        onTheme={flipTheme}
        onHelp={() => setHelping(true)}
      />
      <StaleBand context={context} />
      {screen.name === 'wall' && <WallScreen context={context} />}
      {screen.name === 'feed' && <FeedScreen context={context} />}
      {screen.name === 'stream' && (
        <StreamScreen context={context} theme={theme} scope={screen.scope} stream={screen.stream} />
      )}
      <Announcer recent={state.recent} />
      {asked !== undefined && (
        <AckDialog alert={asked} by={by} onAck={onAck(asked)} onClose={() => setAsked(undefined)} />
      )}
      {isHelping && <HelpDialog onClose={() => setHelping(false)} />}
    </div>
  )
}

const place = document.getElementById('wall')
if (place !== null) render(<App />, place)
