import type { DataSession, Registration, SimState } from '@infra-home/shared/messages/modem.ts'
import { peoplesText, shaped } from './radio-words.ts'
import type { ZteFields } from './zte-answer.ts'
import { serviceOf } from './zte-network.ts'

export type ZteStatus = {
  readonly sim: SimState
  readonly registration: Registration
  readonly dataSession: DataSession
  readonly operator: string | null
  readonly plmn: string | null
}

export const ZTE_STATUS_FIELDS = [
  'modem_main_state',
  'ppp_status',
  'network_type',
  'network_provider',
  'simcard_roam',
  'rmcc',
  'rmnc',
] as const

/** Reads who serves the modem and whether it is connected; words from the web interface of the devices (service.js, util.js). */
export const parseZteStatus = (fields: ZteFields): ZteStatus => {
  const sim = SIMS.get(fields.get('modem_main_state') ?? '') ?? 'unknown'
  return {
    sim,
    registration: registration(fields, sim),
    dataSession: SESSIONS.get(fields.get('ppp_status') ?? '') ?? 'unknown',
    operator: peoplesText(fields.get('network_provider')),
    plmn: plmn(fields),
  }
}

/** A SIM that is bound to another network (waitnck) or destroyed does not serve. */
const SIMS: ReadonlyMap<string, SimState> = new Map([
  ['modem_init_complete', 'ready'],
  ['modem_sim_undetected', 'absent'],
  ['modem_waitpin', 'locked'],
  ['modem_waitpuk', 'locked'],
  ['modem_sim_destroy', 'invalid'],
  ['modem_imsi_waitnck', 'invalid'],
])

const SESSIONS: ReadonlyMap<string, DataSession> = new Map([
  ['ppp_connected', 'connected'],
  ['ipv6_connected', 'connected'],
  ['ipv4_ipv6_connected', 'connected'],
  ['ppp_connecting', 'connecting'],
  ['ppp_disconnecting', 'disconnected'],
  ['ppp_disconnected', 'disconnected'],
])

const registration = (fields: ZteFields, sim: SimState): Registration => {
  const service = serviceOf(fields)
  if (service === 'served') return ROAMING.get(fields.get('simcard_roam') ?? '') ?? 'unknown'
  if (service === 'limited') return 'not-registered'
  if (service === 'searching') return sim === 'ready' ? 'searching' : 'not-registered'
  return 'unknown'
}

/** Roaming within the country is roaming. */
const ROAMING: ReadonlyMap<string, Registration> = new Map([
  ['Home', 'home'],
  ['Internal', 'roaming'],
  ['International', 'roaming'],
])

/** Firmwares that print the network's code as a number lose its first zero. */
const plmn = (fields: ZteFields): string | null => {
  const country = shaped(fields.get('rmcc'), /^\d{3}$/)
  const network = shaped(fields.get('rmnc'), /^\d{1,3}$/)
  return country === null || network === null ? null : `${country}${network.padStart(2, '0')}`
}
