/** Where the watcher of one site's query stands. */
export type LifeState = 'offline' | 'starting' | 'running' | 'backoff' | 'failed'

/** What can happen to it. */
export type LifeEvent =
  /** It is ours to watch, or the wait is over. */
  | 'due'
  /** The query was found running, or was started. */
  | 'runs'
  /** The server does not answer. */
  | 'unreachable'
  /** The server has forgotten the session, or the session the query. */
  | 'gone'
  /** The query ended by itself, of a cause that may pass. */
  | 'ended'
  /** What a person has to put right: a schema, a right, a version, our own text. */
  | 'refused'
  /** One batch has failed as often as is tried. */
  | 'batchFailed'
  /** Rows that the query wanted are no longer in the log. */
  | 'dataLost'
  /** A trigger is active, data is there, and no event comes. */
  | 'stuck'
  /** Other monitors are in force. */
  | 'changed'
  /** It is no longer ours to watch. */
  | 'left'

/** What is done then; the query itself is never touched by `rest`, `wait` and `leave`. */
export type LifeAction =
  | 'rest'
  /** Ask the session what runs; follow it, or start in the recorded folder. */
  | 'start'
  | 'follow'
  /** Try again after a wait that doubles. */
  | 'wait'
  /** As `wait`, then in a new folder. */
  | 'waitAnew'
  /** Tell people; try again at long intervals, since they act elsewhere. */
  | 'tell'
  /** Stop the query, then `start`. */
  | 'restart'
  | 'leave'

export type LifeStep = { readonly to: LifeState; readonly act: LifeAction }

const step = (to: LifeState, act: LifeAction): LifeStep => ({ to, act })
const left = step('offline', 'leave')
const begun = step('starting', 'start')
const away = step('offline', 'wait')
const refused = step('failed', 'tell')
const lost = step('backoff', 'waitAnew')

/** Total (9.3): every cell says what happens, those that cannot be met rest. */
const LIFE: Readonly<Record<LifeState, Readonly<Record<LifeEvent, LifeStep>>>> = {
  offline: {
    due: begun,
    runs: step('offline', 'rest'),
    unreachable: away,
    gone: step('offline', 'rest'),
    ended: step('offline', 'rest'),
    refused,
    batchFailed: refused,
    dataLost: lost,
    stuck: step('offline', 'rest'),
    changed: begun,
    left,
  },
  starting: {
    due: step('starting', 'rest'),
    runs: step('running', 'follow'),
    unreachable: away,
    // A server that forgets us twice in a row is not asked without a pause.
    gone: step('backoff', 'wait'),
    ended: step('backoff', 'wait'),
    refused,
    batchFailed: refused,
    dataLost: lost,
    stuck: step('backoff', 'wait'),
    changed: begun,
    left,
  },
  running: {
    due: step('running', 'rest'),
    runs: step('running', 'rest'),
    unreachable: away,
    // A server that forgets us as soon as we run must not be asked without a pause.
    gone: step('backoff', 'wait'),
    ended: step('backoff', 'wait'),
    refused,
    batchFailed: refused,
    dataLost: lost,
    stuck: step('starting', 'restart'),
    changed: step('starting', 'restart'),
    left,
  },
  backoff: {
    due: begun,
    runs: step('backoff', 'rest'),
    unreachable: away,
    gone: step('backoff', 'rest'),
    ended: step('backoff', 'rest'),
    refused,
    batchFailed: refused,
    dataLost: lost,
    stuck: step('backoff', 'rest'),
    changed: begun,
    left,
  },
  failed: {
    due: begun,
    runs: step('failed', 'rest'),
    unreachable: away,
    gone: step('failed', 'rest'),
    ended: step('failed', 'rest'),
    refused,
    batchFailed: refused,
    dataLost: lost,
    stuck: step('failed', 'rest'),
    changed: begun,
    left,
  },
}

/** What a watcher in this state does about an event, and where it stands then. */
export const lifeStep = (state: LifeState, event: LifeEvent): LifeStep => LIFE[state][event]
