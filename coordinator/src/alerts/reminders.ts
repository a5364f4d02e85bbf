import { elapsed, later, type MonoMs } from '@infra-home/shared/clock.ts'
import type { AlertFact } from '../world/alert.ts'
import { type Contact, firstContacts, type Repeats, wants } from './contact.ts'

export type Reminder = {
  /** Null when nobody is to be reminded now. */
  readonly reason: 'surfaced' | 'escalated' | 'repeated' | null
  readonly contacts: readonly string[]
  /** When somebody may have to be. */
  readonly nextAt: MonoMs | null
}

const NOBODY: Reminder = { reason: null, contacts: [], nextAt: null }

/**
 * Who is told of an alert that goes on and that nobody has acknowledged: whoever should have been told at once and was not, since there was no
 * such contact yet or a silence came between; the next contact, when its time has come; and all who know of it, again, now and then. Pure.
 */
export const reminderOf = (
  alert: Pick<AlertFact, 'stage' | 'severity' | 'told' | 'toldAt' | 'newsAt' | 'acknowledged'>,
  { contacts, repeats }: { readonly contacts: readonly Contact[]; readonly repeats: Repeats },
  now: MonoMs,
): Reminder => {
  const { stage, severity, told, toldAt, newsAt, acknowledged } = alert
  if (stage !== 'firing' || acknowledged || !told || newsAt === null) return NOBODY
  const missing = firstContacts(contacts, severity).filter((name) => !told.includes(name))
  if (missing.length > 0) return { reason: 'surfaced', contacts: missing, nextAt: null }
  const waiting = contacts.filter(
    (contact) => contact.after > 0 && wants(contact, severity) && !told.includes(contact.name),
  )
  const due = waiting.filter(({ after }) => elapsed(newsAt, now) >= after).map(({ name }) => name)
  if (due.length > 0) return { reason: 'escalated', contacts: due, nextAt: null }
  const repeat = repeats[severity]
  const knowing = contacts.filter((contact) => told.includes(contact.name) && wants(contact, severity))
  const again = repeat === null || toldAt === null || knowing.length === 0 ? null : later(toldAt, repeat)
  if (again !== null && again <= now)
    return { reason: 'repeated', contacts: knowing.map(({ name }) => name), nextAt: null }
  const times = [...waiting.map(({ after }) => later(newsAt, after)), again].filter((at) => at !== null)
  return { ...NOBODY, nextAt: times.length === 0 ? null : (Math.min(...times) as MonoMs) }
}
