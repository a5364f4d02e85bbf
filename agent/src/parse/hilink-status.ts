import type { DataSession, Rat, SimState } from '@infra-home/shared/messages/modem.ts'
import type { HilinkFields } from './hilink-answer.ts'
import { wholeValue } from './hilink-values.ts'

export type HilinkStatus = {
  readonly dataSession: DataSession
  /** Why there is no data session, when the modem says so. */
  readonly hindrance: Hindrance | null
  readonly inService: boolean | null
  readonly roaming: boolean | null
  readonly sim: SimState
  readonly rat: Rat | null
}

export type Hindrance = 'not-allowed' | 'roaming-denied' | 'bandwidth-exceeded' | 'bad-profile' | 'failed'

/** Reads monitoring/status; codes from Salamek/huawei-lte-api and home-assistant/core (huawei_lte). */
export const parseHilinkStatus = (fields: HilinkFields): HilinkStatus => {
  const connection = wholeValue(fields, 'ConnectionStatus')
  return {
    dataSession: dataSession(connection),
    hindrance: hindrance(connection),
    inService: inService(wholeValue(fields, 'ServiceStatus')),
    roaming: yesOrNo(wholeValue(fields, 'RoamingStatus')),
    sim: sim(wholeValue(fields, 'SimStatus')),
    rat:
      ratOfType(wholeValue(fields, 'CurrentNetworkTypeEx')) ??
      ratOfType(wholeValue(fields, 'CurrentNetworkType')),
  }
}

/**
 * Reads pin/status, which alone tells a locked SIM from a bad one: SimState 255 no card, 256 card failed, 257…259 PIN
 * done or not asked for, 260 PIN wanted, 261 PUK wanted (constants of the device's own web interface).
 */
export const parseHilinkPin = (fields: HilinkFields): SimState => {
  const state = wholeValue(fields, 'SimState')
  if (state === 255) return 'absent'
  if (state === 256) return 'invalid'
  if (state === 260 || state === 261) return 'locked'
  return state !== null && state >= 257 && state <= 259 ? 'ready' : 'unknown'
}

/** How often a wrong PIN may still be tried before the card wants its PUK: SimPinTimes of pin/status. */
export const parsePinTries = (fields: HilinkFields): number | null => wholeValue(fields, 'SimPinTimes')

/** SimState 261: only the PUK helps. */
export const wantsPuk = (fields: HilinkFields): boolean => fields.get('SimState') === '261'

const dataSession = (code: number | null): DataSession => {
  if (code === 901) return 'connected'
  if (code === 900) return 'connecting'
  if (code === 902 || code === 903) return 'disconnected'
  return hindrance(code) === null ? 'unknown' : 'disconnected'
}

const NOT_ALLOWED: ReadonlySet<number> = new Set<number>([7, 11, 14, 37])
const ROAMING_DENIED: ReadonlySet<number> = new Set<number>([12, 13])
const BAD_PROFILE: ReadonlySet<number> = new Set<number>([2, 3, 5, 8, 20, 21, 23, 27, 28, 29, 30, 31, 32, 33])

const hindrance = (code: number | null): Hindrance | null => {
  if (code === null) return null
  if (NOT_ALLOWED.has(code)) return 'not-allowed'
  if (ROAMING_DENIED.has(code)) return 'roaming-denied'
  if (BAD_PROFILE.has(code)) return 'bad-profile'
  if (code === 201) return 'bandwidth-exceeded'
  return code === 904 ? 'failed' : null
}

/** 2 is service; 0, 1, 3 and 4 are none, limited, regional and power save. */
const inService = (code: number | null): boolean | null => (code === null || code > 4 ? null : code === 2)

const yesOrNo = (code: number | null): boolean | null => (code === 0 || code === 1 ? code === 1 : null)

const sim = (code: number | null): SimState => {
  if (code === 1) return 'ready'
  if (code === 0) return 'absent'
  return code === 255 ? 'invalid' : 'unknown'
}

const ratOfType = (type: number | null): Rat | null => {
  if (type === 19 || type === 101) return 'lte'
  return type !== null && (type === 41 || (type >= 44 && type <= 46)) ? 'umts' : null
}
