import { type DurationMs, type Instant, later, milliseconds, type MonoMs } from '@infra-home/shared/clock.ts'
import { type Contact, digestWays, lonelyContact, type Way } from '../../alerts/contact.ts'
import { quietUntil } from '../../alerts/quiet-hours.ts'
import { isSeverity, RANK } from '../../alerts/rule.ts'
import { isFailing, NEW_CHANNEL } from '../../world/channel-fact.ts'
import type { DeliveryFact } from '../../world/delivery.ts'
import { isOffline } from '../../world/line.ts'
import type { DeliveryDecision } from '../decision.ts'
import { pickWay, type PickedWay, triedInVain, waysLeft } from '../pick-way.ts'
import { earliest, type Policy } from '../policy.ts'
import { wayOpenAt } from '../way-open-at.ts'

/**
 * Sends what is owed. One message at a time goes to a contact; all that may go by the same channel goes as one, as after an outage. What goes by a
 * channel is in order, and what another channel keeps waiting holds up nothing.
 */
export const deliveries: Policy = {
  name: 'deliveries',
  scope: 'site',
  evenDeposed: true, // people are told what they are owed, and that we rule no more
  decide({ world, now, params }) {
    const contacts = Map.groupBy(
      Object.values(world.deliveries).filter(({ status }) => status === 'due' || status === 'sending'),
      ({ contact }) => contact,
    )
    const decisions: DeliveryDecision[] = []
    let nextAt: MonoMs | null = null
    for (const [name, owed] of contacts) {
      if (owed.some(({ status }) => status === 'sending')) continue
      const contact = params.contacts.find((one) => one.name === name) ?? forgotten(name)
      const openAt = (way: Way): MonoMs | null => wayOpenAt(world, way, { now, decided: decisions })
      const look: Look = {
        contact,
        now,
        isOffline: isOffline(world),
        openAt,
        isFailing: (channel) => isFailing(world.channels[channel] ?? NEW_CHANNEL, now.mono),
        groupFor: params.groupFor,
      }
      const waits = owed.map((delivery) => quietFor(delivery, look))
      const pending = owed.filter((_, i) => waits[i] === null).map((delivery) => pendingOf(delivery, look))
      const first = firstOf(pending)
      if (first && first.readyAt <= now.mono) decisions.push(send(look, pending, first))
      else nextAt = earliest(nextAt, first?.readyAt ?? null, ...waits)
    }
    return { decisions, nextAt }
  },
}

/** A contact that the configuration knows no more, of whom something is still owed. */
const forgotten = (name: string): Contact =>
  lonelyContact({ channel: name, over: 'house', perHour: null }, 'info')

type Look = {
  readonly contact: Contact
  readonly now: Instant
  readonly isOffline: boolean
  readonly openAt: (way: Way) => MonoMs | null
  readonly isFailing: (channel: string) => boolean
  readonly groupFor: DurationMs
}

type Pending = {
  readonly delivery: DeliveryFact
  /** Every way by which it may go. */
  readonly ways: readonly Way[]
  /** Those of them by which it may go by itself now. */
  readonly own: readonly Way[]
  /** The one of its own that it takes. */
  readonly way: PickedWay
  readonly readyAt: MonoMs
}

/** Until when a contact is left alone with it; null when not. */
const quietFor = ({ severity }: DeliveryFact, { contact, now }: Look): MonoMs | null => {
  const rank = isSeverity(severity) ? RANK[severity] : 0
  const ends = contact.quiet
    .filter(({ except }) => except === null || rank < RANK[except])
    .map((quiet) => quietUntil(quiet, now.wall))
    .filter((end) => end !== null)
  return ends.length === 0 ? null : later(now.mono, milliseconds(Math.max(...ends) - now.wall))
}

const pendingOf = (delivery: DeliveryFact, look: Look): Pending => {
  const { contact, groupFor } = look
  const { createdMono, attempts, severity, event } = delivery
  const ways = waysLeft(event === 'digest' ? digestWays(contact) : contact.ways, delivery)
  const own = canWait(delivery, look) ? freeWays(ways) : ways
  const way = pickWay(own, delivery, look)
  const waits = attempts === 0 && severity !== 'critical'
  const together = waits ? later(createdMono, groupFor) : createdMono
  return { delivery, ways, own, way, readyAt: together > way.openAt ? together : way.openAt }
}

/** The end of something is not paid for by the message before a way that costs nothing was tried. */
const canWait = ({ event, attempts }: DeliveryFact, { isOffline: offline }: Look): boolean =>
  event === 'resolved' && attempts === 0 && !offline

const freeWays = (ways: readonly Way[]): readonly Way[] => {
  const free = ways.filter(({ over }) => over !== 'phone')
  return free.length > 0 ? free : ways
}

/** What may be told first; of what may be told at the same time, the oldest. */
const firstOf = (pending: readonly Pending[]): Pending | undefined =>
  pending.reduce<Pending | undefined>(
    (first, one) => (first === undefined || one.readyAt < first.readyAt ? one : first),
    undefined,
  )

/**
 * All that goes the way of `first`, and what may and would go one that `first` has just tried in vain; and whatever is older than some of it and may go
 * that way too: or it would come after it.
 */
const send = (
  { contact, isFailing: fails }: Look,
  pending: readonly Pending[],
  first: Pending,
): DeliveryDecision => {
  const { channel } = first.way
  const inVain = triedInVain(first.delivery, fails)
  const has = (ways: readonly Way[]): boolean => ways.some((one) => one.channel === channel)
  const wants = ({ way, own }: Pending): boolean =>
    way.channel === channel || (has(own) && inVain.includes(way.channel))
  const newest = pending.findLastIndex(wants)
  const together = pending.filter((one, i) => wants(one) || (i < newest && has(one.ways)))
  const owed = together.map(({ delivery }) => delivery)
  const isLastWay = ({ ways, delivery }: Pending): boolean =>
    ways.every((way) => way.channel === channel || delivery.refusedBy.includes(way.channel))
  return {
    policy: 'deliveries',
    reason: reasonOf(owed, channel === contact.ways[0]?.channel),
    contact: contact.name,
    channel,
    evidence: owed.map(({ by }) => by),
    follows: first.delivery.by,
    steps: [
      {
        kind: 'notify',
        channel,
        deliveries: owed.map(({ id }) => id),
        lastWayOf: together.filter(isLastWay).map(({ delivery }) => delivery.id),
      },
    ],
  }
}

const reasonOf = (owed: readonly DeliveryFact[], isFirstWay: boolean): DeliveryDecision['reason'] => {
  if (!isFirstWay) return 'other-way'
  if (owed.length > 1) return 'coalesced'
  return owed.some(({ attempts }) => attempts > 0) ? 'retry' : 'due'
}
