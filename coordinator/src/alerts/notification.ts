import { createHash } from 'node:crypto'
import { elapsed, type Instant, rfc3339, seconds } from '@infra-home/shared/clock.ts'
import { type AlertFact, isOn } from '../world/alert.ts'
import { type DeliveryFact, lastTried } from '../world/delivery.ts'
import { wasOffline } from '../world/line.ts'
import type { World } from '../world/world.ts'
import { adviceOf } from './advice-of.ts'
import type { Notification, NotificationItem } from './channels/channel.ts'
import { type Contact, firstChannelOf } from './contact.ts'

/** What took longer than this to get out says so. */
const LATE_AFTER = seconds(60)

/** The message that settles `owed`. */
export const notificationOf = (owed: readonly DeliveryFact[], world: World, now: Instant): Notification => {
  const items = owed.map((delivery): NotificationItem => ({
    id: delivery.id,
    alertId: delivery.alertId,
    event: delivery.event,
    title: delivery.title,
    text: delivery.text,
    severity: delivery.severity,
    at: rfc3339(delivery.createdAt),
    late: isLate(delivery, now),
    repeat: delivery.isInDoubt,
    ...adviceAbout(aboutOf(delivery.alertKey), delivery.event, world),
    entry: delivery.by,
  }))
  const known = alertsOn(world).filter(({ told }) => owed.some(({ contact }) => told?.includes(contact)))
  const isOffline = owed.some((delivery) => isLate(delivery, now) && wasOffline(world, delivery.createdMono))
  return { ...messageOf(items, world, now), stillFiring: known.length, wasOffline: isOffline }
}

const adviceAbout = (
  about: NotificationItem['about'],
  event: NotificationItem['event'],
  world: World,
): Pick<NotificationItem, 'about' | 'advice'> => ({
  about,
  advice: about === null || event === 'resolved' ? null : adviceOf(about.code, world),
})

const isLate = ({ createdMono }: DeliveryFact, { mono }: Instant): boolean =>
  elapsed(createdMono, mono) > LATE_AFTER

/** All that is on and was told by a channel, as it would be told now. What waits to be told again is on all the same. */
export const stillOn = (
  { channel, contacts }: { readonly channel: string; readonly contacts: readonly Contact[] },
  world: World,
  now: Instant,
): Notification => {
  const told = Map.groupBy(Object.values(world.deliveries).filter(isOfBeginning), toldOf)
  const isToldHere = ({ id, told: to }: AlertFact): boolean =>
    to?.some((contact) => {
      const deliveries = told.get(toldOf({ alertId: id, contact }))
      return deliveries
        ? deliveries.some((one) => one.status === 'sent' && lastTried(one) === channel)
        : firstChannelOf(contact, contacts) === channel // it is too long ago to be remembered
    }) ?? false
  return messageOf(
    alertsOn(world)
      .filter(isToldHere)
      .map((alert) => itemOf(alert, world)),
    world,
    now,
  )
}

const isOfBeginning = ({ event }: DeliveryFact): boolean =>
  event === 'fired' || event === 'repeated' || event === 'escalated'

const toldOf = ({ alertId, contact }: Pick<DeliveryFact, 'alertId' | 'contact'>): string =>
  `${alertId} ${contact}`

const itemOf = (
  { id, code, node, subject, severity, text, decision, ...alert }: AlertFact,
  world: World,
): NotificationItem => ({
  id,
  alertId: id,
  event: 'fired',
  title: `${code} on ${subject === node ? node : `${node} (${subject})`}`,
  text,
  severity,
  at: rfc3339(alert.firedAt ?? alert.since),
  late: false,
  repeat: true,
  ...adviceAbout({ code, node, subject }, 'fired', world),
  entry: decision,
})

const messageOf = (items: readonly NotificationItem[], world: World, { wall }: Instant): Notification => ({
  id: idOf(items.map(({ id }) => id)),
  site: world.site,
  sentAt: rfc3339(wall),
  items,
  stillFiring: alertsOn(world).length,
  wasOffline: false,
})

/** The same for the same items, whenever they are sent. */
const idOf = (ids: readonly string[]): string => {
  const [first = 'none', ...others] = ids
  if (others.length === 0) return first
  const all = createHash('sha256').update(ids.join('\n')).digest('hex').slice(0, 16)
  return `${first}-and-${others.length}-${all}`
}

const alertsOn = (world: World): AlertFact[] => Object.values(world.alerts).filter(isOn)

/** `code:node:subject`, of which only a subject may hold a colon. */
const aboutOf = (key: string | null): NotificationItem['about'] => {
  const [code, node, ...subject] = key?.split(':') ?? []
  return code !== undefined && node !== undefined ? { code, node, subject: subject.join(':') } : null
}
