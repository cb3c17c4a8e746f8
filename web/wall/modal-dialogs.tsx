import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { AlertView } from '../../src/serve/contract.ts'
import { plainText } from './text/plain-text.ts'

function Modal(props: { label: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-label={props.label} onClose={props.onClose}>
      {props.children}
    </dialog>
  )
}

const field = (data: FormData, name: string): string => {
  const value = data.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

/** Asks for name and comment; Enter confirms, so that `a` and Enter are enough. */
export function AckDialog({
  alert,
  by,
  onAck,
  onClose,
}: {
  alert: AlertView
  by: string
  onAck: (by: string, comment: string) => void
  onClose: () => void
}) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    onAck(field(data, 'by') || by, field(data, 'comment'))
    onClose()
  }
  return (
    <Modal label="Acknowledge" onClose={onClose}>
      <form onSubmit={submit}>
        <h2>I have it</h2>
        <p class="dialog-of">{plainText(alert.title)}</p>
        <label>
          Comment, if it helps the others
          <input name="comment" maxLength={500} autocomplete="off" autofocus />
        </label>
        <label>
          Your name
          <input name="by" maxLength={64} defaultValue={by} autocomplete="username" required />
        </label>
        <div class="dialog-foot">
          <button type="button" class="button is-quiet" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button">
            Acknowledge
          </button>
        </div>
      </form>
    </Modal>
  )
}

const KEYS = [
  ['j k', 'next and previous'],
  ['Enter', 'open the stream'],
  ['a', 'acknowledge'],
  ['g', 'wall'],
  ['f', 'alerts'],
  ['t', 'light or dark'],
  ['Esc', 'back'],
  ['?', 'this list'],
] as const

export const HelpDialog = ({ onClose }: { onClose: () => void }) => (
  <Modal label="Keys" onClose={onClose}>
    <h2>Keys</h2>
    <dl class="keys">
      {KEYS.map(([key, what]) => (
        <div key={key}>
          <dt>
            {key.split(' ').map((each) => (
              <kbd key={each}>{each}</kbd>
            ))}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
    <div class="dialog-foot">
      <button type="button" class="button" onClick={onClose}>
        Close
      </button>
    </div>
  </Modal>
)
