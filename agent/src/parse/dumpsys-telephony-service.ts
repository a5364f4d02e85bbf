import type { Rat, Registration } from '@infra-home/shared/messages/modem.ts'
import { androidRat } from './android-rat.ts'
import { androidField, androidNumber } from './android-values.ts'
import { parseOldPhoneService } from './dumpsys-telephony-old-service.ts'
import { outOfService, type PhoneService, RADIO_OFF, type ServiceStates } from './phone-service.ts'
import { pciOf, peoplesText, PLMN_SHAPE, shaped } from './radio-words.ts'

/** Reads mServiceState of any Android. */
export const parsePhoneService = (text: string): PhoneService =>
  text.startsWith('{') ? fromFields(text) : parseOldPhoneService(text)

const fromFields = (text: string): PhoneService => {
  const states: ServiceStates = [androidNumber(text, 'mVoiceRegState'), androidNumber(text, 'mDataRegState')]
  const network = networkOf(text)
  const identity = /cellIdentity=CellIdentity\w+:\{([^}]*\})/.exec(network)?.[1] ?? ''
  const operator = /\bm(?:Data)?OperatorAlphaLong=(.*?), m/.exec(text)?.[1]
  const cell = androidField(identity, 'mCi') ?? androidField(identity, 'mNci')
  return {
    registration: registrationOf(network, states),
    rat: ratOf(text, network),
    operator: operator === 'null' ? null : peoplesText(operator),
    plmn: plmnOf(network, identity),
    band: shaped(/\bmBands ?= ?\[(\d{1,3})/.exec(identity)?.[1], /^\d+$/),
    cellId: shaped(cell, /^(?!2147483647$)\d{1,11}$/),
    pci: pciOf(androidNumber(identity, 'mPci')),
    why: whyNot(network, states),
  }
}

/**
 * Of the registrations that a phone lists, the one that carries data, unless only the one for calls is there. A registration over WLAN
 * is none with a mobile network.
 */
const networkOf = (text: string): string => {
  const all = text.match(/NetworkRegistrationInfo\{.*?(?=NetworkRegistrationInfo\{|$)/g) ?? []
  const mobile = all.filter((one) => androidField(one, 'transportType') !== 'WLAN')
  const data = mobile.find((one) => androidField(one, 'domain')?.includes('PS'))
  const isOn = (one: string): boolean => /\bregistrationState=(?:HOME|ROAMING)\b/.test(one)
  if (data !== undefined && (isOn(data) || data.includes('registrationState=DENIED'))) return data
  return mobile.find(isOn) ?? data ?? mobile[0] ?? ''
}

/** A network that it says it is registered with counts for nothing while it is out of service. */
const registrationOf = (network: string, states: ServiceStates): Registration => {
  switch (androidField(network, 'registrationState')) {
    case 'HOME':
    case 'ROAMING':
      return outOfService(states) ?? roamingOf(network)
    case 'DENIED':
      return 'denied'
    case 'NOT_REG_SEARCHING':
      return 'searching'
    case 'NOT_REG_OR_SEARCHING':
    case 'EMERGENCY':
      return 'not-registered'
    default:
      return outOfService(states) ?? 'unknown'
  }
}

/** The type counts for more than the state: an operator may call another's network home (NetworkRegistrationInfo.setRoamingType). */
const roamingOf = (network: string): Registration => {
  const type = androidField(network, 'roamingType')
  const roams =
    type === null ? androidField(network, 'registrationState') === 'ROAMING' : type !== 'NOT_ROAMING'
  return roams ? 'roaming' : 'home'
}

const ratOf = (text: string, network: string): Rat | null => {
  const ril = (name: string): Rat | null =>
    androidRat(new RegExp(`\\bgetRil${name}RadioTechnology=\\d+\\(([\\w+-]+)\\)`).exec(text)?.[1])
  return androidRat(androidField(network, 'accessNetworkTechnology')) ?? ril('Data') ?? ril('Voice')
}

const plmnOf = (network: string, identity: string): string | null =>
  shaped(androidField(network, 'rRplmn'), PLMN_SHAPE) ??
  shaped(`${androidField(identity, 'mMcc')}${androidField(identity, 'mMnc')}`, PLMN_SHAPE)

/** The cause is a number of TS 24.008 §10.5.3.6 or, in LTE, TS 24.301 §9.9.3.9. */
const whyNot = (network: string, [voice, data]: ServiceStates): string | null => {
  if (voice === 3 && data !== 0) return RADIO_OFF
  const cause = androidNumber(network, 'rejectCause')
  return network.includes('registrationState=DENIED') && cause !== null && cause > 0
    ? `the network refuses the SIM card (cause ${cause})`
    : null
}
