import type { Notification, NotificationItem } from './channel.ts'

/** A title for people: the alert's own, or how many there are. */
export const titleOf = (notification: Notification): string => {
  const { site, items } = notification
  const [only] = items
  return `${site}: ${items.length === 1 && only ? only.title : countsOf(notification)}`
}

/** `12 alerts while offline, 2 still on`: what is told of one alert, from its beginning to its end, is one. */
export const countsOf = ({ items, stillFiring, wasOffline }: Notification): string => {
  const count = new Set(items.map(({ id, alertId }) => alertId ?? id)).size
  return `${count} ${count === 1 ? 'alert' : 'alerts'}${wasOffline ? ' while offline' : ''}, ${stillFiring} still on`
}

/** The text below the title: a line an item, then what to do, which is cut first where there is little room. */
export const bodyOf = ({ items }: Notification): string => {
  const isOne = items.length === 1
  const lines = items.map((item) => (isOne ? describe(item) : `${item.title}: ${describe(item)}`))
  const advice = whatToDo(items).map(({ code, text }) => (isOne ? text : `${code}: ${text}`))
  return [...lines, ...new Set(advice)].join('\n')
}

/** Said when an alert is told for the first time, and of none that is over by then. */
const whatToDo = (items: readonly NotificationItem[]): { readonly code: string; readonly text: string }[] => {
  const over = new Set(items.filter(({ event }) => event === 'resolved').map(({ alertId }) => alertId))
  return items.flatMap(({ event, advice, about, alertId }) =>
    (event === 'fired' || event === 'escalated') && advice !== null && about && !over.has(alertId)
      ? [{ code: about.code, text: advice }]
      : [],
  )
}

const describe = (item: NotificationItem): string => {
  const marks = [item.late && `late, happened ${item.at}`, item.repeat && 'possibly a repeat'].filter(Boolean)
  return marks.length > 0 ? `${item.text} (${marks.join('; ')})` : item.text
}

/** Title and text in one. */
export const wholeOf = (notification: Notification): string =>
  `${titleOf(notification)}\n${bodyOf(notification)}`

/** Something critical is on. */
export const isUrgent = ({ items }: Notification): boolean =>
  items.some(({ severity, event }) => severity === 'critical' && event !== 'resolved')

/** All that it tells of is over. */
export const isOver = ({ items }: Notification): boolean => items.every(({ event }) => event === 'resolved')

/** At most `most` UTF-16 units of a text, of which nobody counts fewer; no character is split. */
export const cutCharacters = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`

/** At most `most` bytes of a text in UTF-8; no character is split. */
export const cutBytes = (text: string, most: number): string => {
  if (Buffer.byteLength(text) <= most) return text
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(most - 3))
  return `${text.slice(0, read)}…`
}
