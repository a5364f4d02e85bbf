import type { Notification, NotificationItem } from './channel.ts'

/** A title for people: the alert's own, or how many there are. */
export const titleOf = (notification: Notification): string => {
  const { site, items } = notification
  const [only] = items
  return `${site}: ${items.length === 1 && only ? only.title : countsOf(notification)}`
}

/** `12 alerts while offline, 2 still on`. */
export const countsOf = ({ items, stillFiring }: Notification): string => {
  const when = items.some(({ late }) => late) ? ' while offline' : ''
  return `${items.length} alerts${when}, ${stillFiring} still on`
}

/** The text below the title, a line an item. */
export const bodyOf = ({ items }: Notification): string =>
  items.length === 1
    ? items.map(describe).join('\n')
    : items.map((item) => `${item.title}: ${describe(item)}`).join('\n')

const describe = (item: NotificationItem): string => {
  const marks = [item.late && `late, happened ${item.at}`, item.repeat && 'possibly a repeat'].filter(Boolean)
  return marks.length > 0 ? `${item.text} (${marks.join('; ')})` : item.text
}
