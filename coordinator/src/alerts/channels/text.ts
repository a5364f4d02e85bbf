import type { Notification, NotificationItem } from './channel.ts'

/** A title for people: the alert's own, or how many there are. */
export const titleOf = ({ site, items, stillFiring }: Notification): string => {
  const [only] = items
  if (items.length === 1 && only) return `${site}: ${only.title}`
  return `${site}: ${items.length} alerts while they could not be sent, ${stillFiring} still on`
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
