import type {
  DataSession,
  ModemCondition,
  ModemState,
  Registration,
  SimState,
} from '@infra-home/shared/messages/modem.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { type ModemReading, UNKNOWN_MODEM } from './modem.ts'

export type Judged = { readonly state: ModemCondition; readonly cause: string | null }

/**
 * The state that a modem's own words amount to: the worst of them. `why` is its own reason for having no data, where it gives one. A claim to be
 * connected counts for nothing where it neither says that a network serves it nor `hears` one. Pure.
 */
export const judgeModem = ({
  sim,
  registration,
  dataSession,
  why = null,
  hears,
}: {
  readonly sim: SimState
  readonly registration: Registration
  readonly dataSession: DataSession
  readonly why?: string | null
  /** Whether any radio value is known. */
  readonly hears: boolean
}): Judged => {
  if (sim === 'absent') return { state: 'no-sim', cause: 'no SIM card' }
  if (sim === 'invalid') return { state: 'no-sim', cause: 'no usable SIM card' }
  if (sim === 'locked') return { state: 'sim-locked', cause: 'the SIM card wants its PIN or PUK' }
  if (registration === 'denied')
    return { state: 'denied', cause: why ?? 'the network does not allow a connection' }
  if (registration === 'searching' || registration === 'not-registered')
    return { state: 'searching', cause: 'no network service' }
  if (dataSession === 'unknown')
    return { state: 'unknown', cause: 'the modem does not say whether it is connected' }
  if (dataSession === 'connected' && registration === 'unknown' && !hears)
    return { state: 'unknown', cause: 'the modem says neither that a network serves it nor how it hears one' }
  if (dataSession === 'connected') return { state: 'online', cause: null }
  return { state: 'no-data', cause: why ?? dataSession }
}

/** What a failed question says of a modem: it was not reached, it let nobody in, or what it said was no answer. */
export const judgeFailure = (error: unknown, what: string): Judged => {
  if (isInfraError(error, 'parse-failed')) return { state: 'unknown', cause: `${what}: ${error.message}` }
  if (isInfraError(error, 'modem-auth')) return { state: 'auth-failed', cause: error.message }
  if (isInfraError(error)) return { state: 'unreachable', cause: error.message }
  throw error
}

/** What a card starts with, and again after a right PIN (TS 31.101 §9.5). */
const TRIES_OF_A_CARD = 3

/**
 * Why a PIN is not to be given to a SIM, or null when it may be: only to one that has all its tries, so that a wrong one is our
 * only one and leaves a person another that is not the last.
 */
export const pinObjection = (pin: string, left: number | null): string | null =>
  pinFault(pin) ?? triesObjection(left)

export const pinFault = (pin: string): string | null =>
  /^\d{4,8}$/.test(pin) ? null : 'a PIN is four to eight digits'

export const triesObjection = (left: number | null): string | null =>
  left !== null && left >= TRIES_OF_A_CARD
    ? null
    : `${triesLeft(left)}${left === null ? '' : ', for a person'}`

export const triesLeft = (left: number | null): string =>
  left === null ? 'the modem does not say how many tries are left' : `tries left: ${left}`

/** A reading with what is known of a modem; what is left out is unknown. Causes are cut to what a state may have. */
export const readingOf = (
  judged: Judged,
  state: Partial<ModemState> & Pick<ModemState, 'driver' | 'address'>,
  numbers: Numbers,
): ModemReading => ({
  state: { ...UNKNOWN_MODEM, ...state, state: judged.state, cause: judged.cause?.slice(0, 256) ?? null },
  numbers,
})

/** Nothing is known of the radio. */
export const NO_RADIO = {
  rsrpDbm: null,
  rsrqDb: null,
  sinrDb: null,
  rssiDbm: null,
} as const satisfies Numbers
