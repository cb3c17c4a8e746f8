/** Which cell a window or an alert belongs to: a stream in one scope. */
export type Subject = { readonly stream: string; readonly scope: string }

/** Labels that say where or what kind of trouble, never whose it is. */
const NOT_A_SUBJECT: ReadonlySet<string> = new Set(['alertname', 'site', 'severity', 'pop'])

const streamOf = (names: readonly string[], of: Readonly<Record<string, string>>): string =>
  of['stream'] ??
  names
    .filter((name) => !NOT_A_SUBJECT.has(name) && of[name] !== undefined)
    .map((name) => of[name])
    .join(' · ')

/**
 * The cell of a window: its `stream`, else the other values of its group joined; the empty string
 * where the group names nobody, such as a monitor of whole sites.
 */
export const windowSubject = (scope: string, group: Readonly<Record<string, string>>): Subject => ({
  stream: streamOf(Object.keys(group), group),
  scope,
})

/**
 * The cell of an alert. `groupBy` is its monitor's, so that labels which the rule added take no
 * part; an alert of an unknown monitor has the cell of its `stream` label, if any.
 */
export const alertSubject = (
  groupBy: readonly string[] | undefined,
  labels: Readonly<Record<string, string>>,
): Subject => ({ stream: streamOf(groupBy ?? [], labels), scope: labels['site'] ?? 'all' })

/** A map's key; NUL cannot stand in a label (formats.md 1.3). */
export const subjectKey = ({ stream, scope }: Subject): string => `${stream}\0${scope}`
