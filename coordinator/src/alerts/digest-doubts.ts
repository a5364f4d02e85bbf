import type { CoordinatorConfig } from '../config-schema.ts'
import { digestContacts } from './contact.ts'
import { contactsOf } from './contacts-of.ts'

/** Digests that are asked for and that nobody would get, a sentence each. Pure. */
export const digestDoubts = (
  config: Pick<CoordinatorConfig, 'channels' | 'contacts' | 'alerting' | 'digestAt' | 'weeklyDigestAt'>,
): string[] => {
  if (digestContacts(contactsOf(config, 'UTC')).length > 0) return []
  return (['digestAt', 'weeklyDigestAt'] as const).flatMap((key) =>
    config[key] === undefined ? [] : [`${key}: "${config[key]}" – ${NOBODY_GETS_IT}`],
  )
}

export const NOBODY_GETS_IT =
  'nobody gets it: no contact wants more than what is critical and has a way that is no phone'
