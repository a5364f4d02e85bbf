import { type DurationMs, milliseconds } from '@infra-home/shared/clock.ts'
import type { QuietHours } from './quiet-hours.ts'
import { RANK, type Severity } from './rule.ts'

/** What a way to somebody needs: the internet, only the house's own network, or a telephone network. */
export type Reach = 'internet' | 'house' | 'phone'

export type Way = {
  readonly channel: string
  readonly over: Reach
  /** How many messages an hour may go by it; null: as many as there are. */
  readonly perHour: number | null
}

/** Somebody who is told of alerts, and how. */
export type Contact = {
  readonly name: string
  /** Best first: the next is taken when one does not get through, or is known not to. */
  readonly ways: readonly Way[]
  readonly minSeverity: Severity
  /** Told only of what nobody has acknowledged for so long; 0: at once. */
  readonly after: DurationMs
  readonly quiet: readonly QuietHours[]
}

/** How long before what is still on is told again; null: never. */
export type Repeats = Readonly<Record<Severity, DurationMs | null>>

export const wants = ({ minSeverity }: Contact, severity: Severity): boolean =>
  RANK[severity] >= RANK[minSeverity]

/** Who is told at once. Pure. */
export const firstContacts = (contacts: readonly Contact[], severity: Severity): string[] =>
  contacts.filter((contact) => contact.after === 0 && wants(contact, severity)).map(({ name }) => name)

/** How somebody is told when nothing speaks against it; null for whom the configuration knows no more. Pure. */
export const firstChannelOf = (name: string, contacts: readonly Contact[]): string | null =>
  contacts.find((contact) => contact.name === name)?.ways[0]?.channel ?? null

/** The ways by which a digest goes: a telephone network is paid by the message. Pure. */
export const digestWays = ({ ways }: Contact): readonly Way[] => ways.filter(({ over }) => over !== 'phone')

/** Who gets digests: whoever did not ask for what is critical alone, and has a way for it. Pure. */
export const digestContacts = (contacts: readonly Contact[]): string[] =>
  contacts
    .filter((contact) => wants(contact, 'warning') && digestWays(contact).length > 0)
    .map(({ name }) => name)

const AT_ONCE = milliseconds(0)

/** A channel that belongs to no contact is one of its own. */
export const lonelyContact = (way: Way, minSeverity: Severity): Contact => ({
  name: way.channel,
  ways: [way],
  minSeverity,
  after: AT_ONCE,
  quiet: [],
})
