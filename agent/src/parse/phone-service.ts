import type { Rat, Registration } from '@infra-home/shared/messages/modem.ts'

/** What a phone says of the network that it is on. */
export type PhoneService = {
  readonly registration: Registration
  readonly rat: Rat | null
  readonly operator: string | null
  readonly plmn: string | null
  readonly band: string | null
  readonly cellId: string | null
  readonly pci: number | null
  /** Why it is on none, where it says so. */
  readonly why: string | null
}

/** States of Android's ServiceState, null when not said: 0 in service, 1 out of it, 2 emergency calls only, 3 radio off. */
export type ServiceStates = readonly [voice: number | null, data: number | null]

/** The registration that being out of service amounts to; null in service, and when neither state is said. */
export const outOfService = ([voice, data]: ServiceStates): 'searching' | 'not-registered' | null => {
  if (voice === 0 || data === 0 || (voice === null && data === null)) return null
  return voice === 1 || data === 1 ? 'searching' : 'not-registered'
}

export const RADIO_OFF = 'the phone’s radio is off (flight mode)'
