import { elapsed, later, type MonoMs } from '@infra-home/shared/clock.ts'
import type { AlertFact } from '../world/alert.ts'
import { type Contact, type Repeats, wants } from './contact.ts'

export type Reminder = {
  /** Null when nobody is to be reminded now. */
  readonly reason: 'escalated' | 'repeated' | null
  readonly contacts: readonly string[]
  /** When somebody may have to be. */
  readonly nextAt: MonoMs | null
}

const NOBODY: Reminder = { reason: null, contacts: [], nextAt: null }

/**
 * Who is told of an alert that goes on and that nobody has acknowledged: the next contact, when its time has come; and all who know of it,
 * again, now and then. Pure.
 */
export const reminderOf = (
  alert: Pick<AlertFact, 'stage' | 'severity' | 'told' | 'toldAt' | 'newsAt' | 'acknowledged'>,
  { contacts, repeats }: { readonly contacts: readonly Contact[]; readonly repeats: Repeats },
  now: MonoMs,
): Reminder => {
  const { stage, severity, told, toldAt, newsAt, acknowledged } = alert
  if (stage !== 'firing' || acknowledged || !told || newsAt === null) return NOBODY
  const waiting = contacts.filter(
    (contact) => contact.after > 0 && wants(contact, severity) && !told.includes(contact.name),
  )
  const due = waiting.filter(({ after }) => elapsed(newsAt, now) >= after).map(({ name }) => name)
  if (due.length > 0) return { reason: 'escalated', contacts: due, nextAt: null }
  const repeat = repeats[severity]
  const again = repeat === null || toldAt === null || told.length === 0 ? null : later(toldAt, repeat)
  if (again !== null && again <= now) return { reason: 'repeated', contacts: told, nextAt: null }
  const times = [...waiting.map(({ after }) => later(newsAt, after)), again].filter((at) => at !== null)
  return { ...NOBODY, nextAt: times.length === 0 ? null : (Math.min(...times) as MonoMs) }
}
