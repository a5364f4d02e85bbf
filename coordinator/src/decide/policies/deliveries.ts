import {
  type DurationMs,
  type Instant,
  later,
  milliseconds,
  minutes,
  type MonoMs,
} from '@infra-home/shared/clock.ts'
import { type Contact, digestWays, lonelyContact, type Way } from '../../alerts/contact.ts'
import { quietUntil } from '../../alerts/quiet-hours.ts'
import { isSeverity, RANK } from '../../alerts/rule.ts'
import type { DeliveryFact } from '../../world/delivery.ts'
import { isOffline } from '../../world/line.ts'
import type { DeliveryDecision } from '../decision.ts'
import { pickWay, type PickedWay } from '../pick-way.ts'
import { earliest, type Policy } from '../policy.ts'
import { wayFreeAt } from '../way-free-at.ts'

/** What needs the internet is tried now and then without it: we may be wrong about there being none. */
const BLIND_TRY = minutes(5)

/**
 * Sends what is owed. One message at a time goes to a contact; when several are due, as after an outage, they go as one.
 * What waits behind a failing message waits with it: order is kept, and one attempt costs one attempt.
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
      const freeAt = (way: Way): MonoMs | null => wayFreeAt(world, way, { now, decided: decisions })
      const look = { contact, now, isOffline: isOffline(world), freeAt, groupFor: params.groupFor }
      const turn = turnOf(owed, look)
      if (turn.at === null || turn.at > now.mono) nextAt = earliest(nextAt, turn.at)
      else decisions.push(send(contact, turn.pending))
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
  readonly freeAt: (way: Way) => MonoMs | null
  readonly groupFor: DurationMs
}

type Pending = { readonly delivery: DeliveryFact; readonly way: PickedWay; readonly readyAt: MonoMs }

/** What may be told to a contact, and from when on. What failed sets the pace. */
const turnOf = (
  owed: readonly DeliveryFact[],
  look: Look,
): { readonly pending: readonly Pending[]; readonly at: MonoMs | null } => {
  const waits = owed.map((delivery) => quietFor(delivery, look))
  const pending = owed.flatMap((delivery, i) => (waits[i] === null ? [pendingOf(delivery, look)] : []))
  const failed = pending.filter(({ delivery }) => delivery.attempts > 0)
  const ready = (failed.length > 0 ? failed : pending).map(({ readyAt }) => readyAt)
  const at = failed.length > 0 ? ready.reduce((a, b) => (b > a ? b : a)) : earliest(...ready)
  return { pending, at: at ?? earliest(...waits) }
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
  const { contact } = look
  const ways = delivery.event === 'digest' ? digestWays(contact) : contact.ways
  const way = pickWay(ways, delivery, look)
  const ready = readyAt(delivery, way, look.groupFor)
  return { delivery, way, readyAt: way.freeAt !== null && way.freeAt > ready ? way.freeAt : ready }
}

const readyAt = (
  { nextAt, createdMono, attempts, severity }: DeliveryFact,
  { isCutOff, isFallback }: PickedWay,
  groupFor: DurationMs,
): MonoMs => {
  if (isCutOff) return later(nextAt, BLIND_TRY)
  if (isFallback) return createdMono
  return attempts === 0 && severity !== 'critical' ? later(createdMono, groupFor) : nextAt
}

/** All that goes the way of what waits longest. */
const send = ({ name, ways }: Contact, pending: readonly Pending[]): DeliveryDecision => {
  const [first] = pending as readonly [Pending, ...Pending[]]
  const { channel } = first.way
  const together = pending.filter(({ way }) => way.channel === channel)
  const owed = together.map(({ delivery }) => delivery)
  return {
    policy: 'deliveries',
    reason: reasonOf(owed, channel === ways[0]?.channel),
    contact: name,
    channel,
    evidence: owed.map(({ by }) => by),
    follows: first.delivery.by,
    steps: [
      {
        kind: 'notify',
        channel,
        deliveries: owed.map(({ id }) => id),
        hasOther: together.some(({ way }) => way.hasOther),
      },
    ],
  }
}

const reasonOf = (owed: readonly DeliveryFact[], isFirstWay: boolean): DeliveryDecision['reason'] => {
  if (!isFirstWay) return 'other-way'
  if (owed.length > 1) return 'coalesced'
  return owed.some(({ attempts }) => attempts > 0) ? 'retry' : 'due'
}
