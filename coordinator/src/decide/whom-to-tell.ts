import { type Contact, firstContacts, wants } from '../alerts/contact.ts'
import type { Severity } from '../alerts/rule.ts'
import type { AlertFact } from '../world/alert.ts'
import type { AlertDecision } from './decision.ts'

type Told = Pick<AlertDecision, 'contacts' | 'silencedBy' | 'explainedBy'>

const NOBODY: Told = { contacts: [], silencedBy: null, explainedBy: null }

/**
 * Who is told of what has come about. A silence keeps what begins quiet, and so does what explains it; who was told that it began is told that it
 * is over, silence or not. Pure.
 */
export const whomToTell = (
  {
    reason,
    alert,
    explainedBy,
    silencedBy,
    reminded,
  }: {
    readonly reason: AlertDecision['reason']
    readonly alert: AlertFact | undefined
    readonly explainedBy: string | null
    readonly silencedBy: string | null
    /** Whose turn it is, where it just goes on. */
    readonly reminded: readonly string[]
  },
  { contacts, severity }: { readonly contacts: readonly Contact[]; readonly severity: Severity },
): Told => {
  switch (reason) {
    case 'fired':
      if (explainedBy !== null) return { ...NOBODY, explainedBy }
      if (silencedBy !== null) return { ...NOBODY, silencedBy }
      return { ...NOBODY, contacts: firstContacts(contacts, severity) }
    case 'surfaced':
    case 'escalated':
    case 'repeated':
      return { ...NOBODY, contacts: reminded }
    case 'resolved': {
      const wanted = contacts.filter((contact) => wants(contact, severity)).map(({ name }) => name)
      const began = alert?.told ?? firstContacts(contacts, severity)
      return { ...NOBODY, contacts: wanted.filter((contact) => began.includes(contact)) }
    }
    case 'suspected':
    case 'dropped':
    case 'recovering':
    case 'relapsed':
      return NOBODY
  }
}
