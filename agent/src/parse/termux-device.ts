import type { DataSession, Rat, Registration, SimState } from '@infra-home/shared/messages/modem.ts'
import { androidRat } from './android-rat.ts'
import { asText, type Loose, parseObject } from './json.ts'
import { peoplesText, PLMN_SHAPE, shaped } from './radio-words.ts'

/** What `termux-telephony-deviceinfo` tells of the phone's main SIM. */
export type TermuxDevice = {
  readonly sim: SimState
  readonly registration: Registration
  readonly dataSession: DataSession
  /** Whether somebody switched mobile data off; null when not said. */
  readonly dataSwitchedOff: boolean | null
  readonly rat: Rat | null
  readonly operator: string | null
  readonly plmn: string | null
}

/**
 * Reads the answer (termux-api, TelephonyAPI: the switch statements there are the list of words). Whether a network refuses the phone it
 * does not tell: that looks like searching.
 * @throws InfraError parse-failed
 */
export const parseTermuxDevice = (text: string): TermuxDevice => {
  const device = parseObject(text, 'termux-telephony-deviceinfo')
  const word = (name: string): string => asText(device[name])?.toLowerCase() ?? ''
  return {
    sim: SIMS.get(word('sim_state')) ?? 'unknown',
    registration: registrationOf(device),
    dataSession: SESSIONS.get(word('data_state')) ?? 'unknown',
    dataSwitchedOff: switchedOff(device['data_enabled']),
    rat: androidRat(TYPES.get(word('network_type')) ?? word('network_type')),
    operator: peoplesText(asText(device['network_operator_name'])),
    plmn: shaped(asText(device['network_operator']), PLMN_SHAPE),
  }
}

/** 6, 8 and 9 are TelephonyManager.SIM_STATE_NOT_READY, CARD_IO_ERROR and CARD_RESTRICTED, for which Termux:API has no words. */
const SIMS: ReadonlyMap<string, SimState> = new Map<string, SimState>([
  ['ready', 'ready'],
  ['absent', 'absent'],
  ['pin_required', 'locked'],
  ['puk_required', 'locked'],
  ['network_locked', 'invalid'],
  ['7', 'invalid'],
  ['8', 'invalid'],
  ['9', 'invalid'],
])

/** TelephonyManager.NETWORK_TYPE_GSM, TD_SCDMA, LTE_CA and NR, for which Termux:API has no words or not in every version. */
const TYPES: ReadonlyMap<string, string> = new Map<string, string>([
  ['16', 'gsm'],
  ['17', 'td_scdma'],
  ['19', 'lte_ca'],
  ['20', 'nr'],
])

const SESSIONS: ReadonlyMap<string, DataSession> = new Map<string, DataSession>([
  ['connected', 'connected'],
  ['connecting', 'connecting'],
  ['disconnected', 'disconnected'],
  ['suspended', 'disconnected'],
])

/** Android gives no operator while the phone is on no network (TelephonyManager.getNetworkOperator). */
const registrationOf = (device: Loose): Registration => {
  const { network_operator: operator, network_roaming: roams } = device
  if (operator === '') return 'searching'
  if (typeof operator !== 'string' || typeof roams !== 'boolean') return 'unknown'
  return roams ? 'roaming' : 'home'
}

/** A text in the versions that are out, which its authors mean to make a truth value (termux-api, pull request 845). */
const switchedOff = (enabled: unknown): boolean | null => {
  if (enabled === 'false' || enabled === false) return true
  return enabled === 'true' || enabled === true ? false : null
}
