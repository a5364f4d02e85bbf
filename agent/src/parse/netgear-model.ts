import type { DataSession, Rat, Registration, SimState } from '@infra-home/shared/messages/modem.ts'
import { asCount, asInteger, asObject, asText, asWord, type Loose, parseObject } from './json.ts'
import { type NetgearSignal, parseNetgearSignal } from './netgear-signal.ts'
import { peoplesText, PLMN_SHAPE, shaped } from './radio-words.ts'

/** What model.json says, as far as we read it. */
export type NetgearModel = {
  /** Goes with every form. */
  readonly token: string | null
  readonly isAdmin: boolean
  readonly signal: NetgearSignal
  /** Its own word: Connected, Connecting, Disconnecting, Disconnected. */
  readonly connection: string | null
  readonly dataSession: DataSession
  readonly registration: Registration
  readonly rat: Rat | null
  readonly operator: string | null
  readonly plmn: string | null
  readonly sim: SimState
  /** A blocked card wants its PUK. */
  readonly isBlocked: boolean
  readonly pinTries: number | null
  readonly traffic: { readonly rxBytes: number | null; readonly txBytes: number | null }
  readonly plan: NetgearPlan
  readonly sms: Loose
}

export type NetgearPlan = {
  readonly usedBytes: number | null
  readonly billingDay: number | null
  readonly limitBytes: number | null
}

/**
 * Reads model.json: the keys as amelchio/eternalegypt and home-assistant/core (netgear_lte) read them, the words as owners of
 * LM1200, MR1100 and MR2100 saw them. @throws InfraError parse-failed
 */
export const parseNetgearModel = (body: string): NetgearModel => {
  const model = parseObject(body, 'model.json')
  const [session, wwan, adv, sim] = ['session', 'wwan', 'wwanadv', 'sim'].map((key) => asObject(model[key]))
  const simState = simOf(sim?.['status'])
  return {
    token: shaped(asText(session?.['secToken']), /^[\x21-\x7e]{1,256}$/),
    isAdmin: session?.['userRole'] === 'Admin',
    signal: parseNetgearSignal(wwan ?? {}, adv ?? {}),
    connection: asText(wwan?.['connection']),
    dataSession: dataSessionOf(wwan?.['connection']),
    registration: simState === 'ready' ? registrationOf(wwan ?? {}) : 'not-registered',
    rat: ratOf(
      `${asText(wwan?.['currentPSserviceType']) ?? ''} ${asText(wwan?.['currentNWserviceType']) ?? ''}`,
    ),
    operator: peoplesText(asText(wwan?.['registerNetworkDisplay'])),
    plmn: plmnOf(adv ?? {}),
    sim: simState,
    isBlocked: sim?.['status'] === 'Blocked',
    pinTries: asCount(asObject(sim?.['pin'])['retry']),
    traffic: trafficOf(wwan ?? {}),
    plan: planOf(asObject(asObject(wwan?.['dataUsage'])['generic'])),
    sms: asObject(model['sms']),
  }
}

const SIM_STATES: Readonly<Record<string, SimState>> = { Ready: 'ready', Locked: 'locked', Blocked: 'locked' }

/** An empty slot has several names: "NotInserted", "Absent", "NoSim". */
const simOf = (status: unknown): SimState => {
  const word = asText(status) ?? ''
  if (Object.hasOwn(SIM_STATES, word)) return SIM_STATES[word] ?? 'unknown'
  return /^(?:no|not|absent|missing)/i.test(word) ? 'absent' : 'unknown'
}

const dataSessionOf = (word: unknown): DataSession => {
  if (word === 'Connected') return 'connected'
  if (word === 'Connecting') return 'connecting'
  return word === 'Disconnected' || word === 'Disconnecting' ? 'disconnected' : 'unknown'
}

/** Limited service: there are cells, but none that lets this card in (TS 23.122 §3.4). */
const registrationOf = (wwan: Loose): Registration => {
  const service = asText(wwan['currentNWserviceType']) ?? ''
  if (/^limited/i.test(service)) return 'denied'
  if (/^no(?:ne|service)?$/i.test(service.replaceAll(' ', ''))) return 'searching'
  if (ratOf(service) === null) return 'unknown'
  return wwan['roaming'] === true ? 'roaming' : 'home'
}

const ratOf = (words: string): Rat | null => {
  if (/\b(?:nr|5g)/i.test(words)) return 'nr'
  if (/lte|4g/i.test(words)) return 'lte'
  if (/umts|wcdma|hs[dpu]*pa|hspa|3g/i.test(words)) return 'umts'
  return /gsm|gprs|edge|2g/i.test(words) ? 'gsm' : null
}

/** MNCFmt says how many digits the network part has: "1" of two digits is 01. */
const plmnOf = (adv: Loose): string | null => {
  const [mcc, mnc] = [asWord(adv['MCC']) ?? '', asWord(adv['MNC']) ?? '']
  const digits = asInteger(adv['MNCFmt']) === 3 ? 3 : 2
  return mcc && mnc ? shaped(mcc + mnc.padStart(digits, '0'), PLMN_SHAPE) : null
}

/** Bytes of the session that is open; numbers or texts, in an object or beside it. */
const trafficOf = (wwan: Loose): NetgearModel['traffic'] => {
  const both = asObject(wwan['dataTransferred'])
  return {
    rxBytes: bytesIn(both['rxb'] ?? wwan['dataTransferredRx']),
    txBytes: bytesIn(both['txb'] ?? wwan['dataTransferredTx']),
  }
}

const planOf = (generic: Loose): NetgearPlan => {
  const day = asCount(generic['billingDay'])
  const limit = generic['dataLimitValid'] === true ? bytesIn(generic['billingCycleLimit']) : null
  return {
    usedBytes: bytesIn(generic['dataTransferred']),
    billingDay: day !== null && day >= 1 && day <= 31 ? day : null,
    limitBytes: limit === 0 ? null : limit,
  }
}

const bytesIn = (value: unknown): number | null => {
  const word = asWord(value) ?? ''
  return /^\d{1,16}$/.test(word) ? asCount(Number(word)) : null
}
