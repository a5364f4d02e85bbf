import { hours, milliseconds } from '@infra-home/shared/clock.ts'
import type { CoordinatorConfig } from '../config-schema.ts'
import { CHANNEL_KINDS } from './channels.gen.ts'
import { type Contact, lonelyContact, type Repeats, type Way } from './contact.ts'
import { type QuietHours, WEEKDAYS } from './quiet-hours.ts'
import { reachOf } from './reach-of.ts'

type Config = Pick<CoordinatorConfig, 'channels' | 'contacts' | 'alerting'>

/** Who is told, as the configuration has it: its contacts, and each channel that belongs to none. Pure. */
export const contactsOf = (
  { channels = [], contacts = [] }: Config,
  timeZone: string,
): readonly Contact[] => {
  const ways = new Map(channels.map((channel) => [channel.name, wayOf(channel)]))
  const taken = new Set(contacts.flatMap((contact) => contact.channels))
  return [
    ...contacts.map((contact) => ({
      name: contact.name,
      ways: contact.channels.flatMap((name) => ways.get(name) ?? []),
      minSeverity: contact.minSeverity ?? 'warning',
      after: milliseconds(contact.afterMs ?? 0),
      quiet: (contact.quiet ?? []).map((hours) => quietOf(hours, timeZone)),
    })),
    ...channels
      .filter(({ name }) => !taken.has(name))
      .map((channel) => lonelyContact(wayOf(channel), channel.minSeverity ?? 'warning')),
  ]
}

const wayOf = (channel: NonNullable<Config['channels']>[number]): Way => {
  const kind = CHANNEL_KINDS.find(({ kind }) => kind === channel.kind)
  return {
    channel: channel.name,
    over: channel.over ?? kind?.over ?? reachOf(channel),
    perHour: kind?.perHour?.(channel as never) ?? null,
  }
}

const quietOf = (
  { from, to, days, timeZone, except }: NonNullable<NonNullable<Config['contacts']>[number]['quiet']>[number],
  usual: string,
): QuietHours => ({
  from,
  to,
  days: days ?? WEEKDAYS,
  timeZone: timeZone ?? usual,
  except: except === undefined ? 'critical' : except,
})

const USUAL_REPEATS: Repeats = { critical: hours(4), warning: hours(24), info: null }

/** How often what goes on is told again. Pure. */
export const repeatsOf = ({ alerting = {} }: Config): Repeats => {
  const { repeatMs = {} } = alerting
  const every = (severity: keyof Repeats): Repeats[keyof Repeats] => {
    const set = repeatMs[severity]
    if (set === undefined) return USUAL_REPEATS[severity]
    return set === null ? null : milliseconds(set)
  }
  return { critical: every('critical'), warning: every('warning'), info: every('info') }
}
