import type { Rat, Registration } from '@infra-home/shared/messages/modem.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { integerIn } from './json.ts'
import { listAt, type MmcliAnswer, parseMmcli, saidAt } from './mmcli-answer.ts'
import { peoplesText, PLMN_SHAPE, shaped } from './radio-words.ts'

const STATES = [
  'failed',
  'unknown',
  'initializing',
  'locked',
  'disabled',
  'disabling',
  'enabling',
  'enabled',
  'searching',
  'registered',
  'disconnecting',
  'connecting',
  'connected',
] as const

/** MMModemState of ModemManager-enums.h, as mmcli prints it. */
export type MmState = (typeof STATES)[number]

export type MmModem = {
  /** Of D-Bus. Numbers begin anew with ModemManager: the same modem has another after it was away. */
  readonly path: string
  readonly state: MmState
  readonly failedReason: string | null
  readonly imei: string | null
  /** As in `cdc-wdm0`, `ttyUSB2`. */
  readonly ports: readonly string[]
  readonly unlockRequired: string | null
  /** Tries that are left for the SIM's PIN. */
  readonly pinTries: number | null
  readonly sim: string | null
  readonly bearers: readonly string[]
  readonly registration: Registration
  readonly rat: Rat | null
  readonly operator: string | null
  readonly plmn: string | null
  /** Percent. ModemManager asks every 30 s, and calls it not recent when it has been the last for 60 s. */
  readonly quality: { readonly percent: number | null; readonly recent: boolean }
}

/** Reads `mmcli -m … -J`. @throws InfraError parse-failed */
export const parseMmModem = (text: string): MmModem => {
  const answer = parseMmcli(text, 'modem')
  const generic = (...path: string[]): string | null => saidAt(answer, 'modem', 'generic', ...path)
  const path = shaped(saidAt(answer, 'modem', 'dbus-path'), MODEM_PATH)
  if (path === null) throw new InfraError('parse-failed', 'the answer of mmcli does not say which modem')
  return {
    path,
    state: STATES.find((state) => state === generic('state')) ?? 'unknown',
    failedReason: peoplesText(generic('state-failed-reason')),
    imei: shaped(generic('equipment-identifier'), /^\d{14,16}$/),
    ports: listAt(answer, 'modem', 'generic', 'ports').map((port) => port.split(' ')[0] ?? ''),
    unlockRequired: shaped(generic('unlock-required'), /^[\w-]{1,32}$/),
    pinTries: pinTriesIn(listAt(answer, 'modem', 'generic', 'unlock-retries')),
    sim: shaped(generic('sim'), SIM_PATH),
    bearers: listAt(answer, 'modem', 'generic', 'bearers').filter((bearer) => BEARER_PATH.test(bearer)),
    quality: {
      percent: percentIn(generic('signal-quality', 'value')),
      recent: generic('signal-quality', 'recent') === 'yes',
    },
    ...networkOf(answer),
  }
}

/** Reads `mmcli -L -J`: the D-Bus paths of all modems. @throws InfraError parse-failed */
export const parseMmList = (text: string): readonly string[] =>
  listAt(parseMmcli(text, 'modem-list'), 'modem-list').filter((path) => MODEM_PATH.test(path))

const MODEM_PATH = /^\/org\/freedesktop\/ModemManager1\/Modem\/\d{1,9}$/
const SIM_PATH = /^\/org\/freedesktop\/ModemManager1\/SIM\/\d{1,9}$/
const BEARER_PATH = /^\/org\/freedesktop\/ModemManager1\/Bearer\/\d{1,9}$/

const networkOf = (answer: MmcliAnswer): Pick<MmModem, 'registration' | 'rat' | 'operator' | 'plmn'> => {
  const words = saidAt(answer, 'modem', '3gpp', 'registration-state') ?? ''
  return {
    registration: REGISTRATIONS.get(words) ?? 'unknown',
    rat: ratIn(listAt(answer, 'modem', 'generic', 'access-technologies')),
    operator: peoplesText(saidAt(answer, 'modem', '3gpp', 'operator-name')),
    plmn: shaped(saidAt(answer, 'modem', '3gpp', 'operator-code'), PLMN_SHAPE),
  }
}

/** MMModem3gppRegistrationState of ModemManager-enums.h. */
const REGISTRATIONS: ReadonlyMap<string, Registration> = new Map([
  ['idle', 'not-registered'],
  ['home', 'home'],
  ['searching', 'searching'],
  ['denied', 'denied'],
  ['roaming', 'roaming'],
  ['home-sms-only', 'home'],
  ['roaming-sms-only', 'roaming'],
  ['emergency-only', 'not-registered'],
  ['home-csfb-not-preferred', 'home'],
  ['roaming-csfb-not-preferred', 'roaming'],
  ['attached-rlos', 'not-registered'],
])

/** Non-standalone 5G hangs on its LTE anchor: with both, the line is LTE's. */
const ratIn = (technologies: readonly string[]): Rat | null => {
  const has = (...names: readonly string[]): boolean => names.some((name) => technologies.includes(name))
  if (has('lte', 'lte-cat-m', 'lte-nb-iot')) return 'lte'
  if (has('5gnr')) return 'nr'
  if (has('umts', 'hsdpa', 'hsupa', 'hspa', 'hspa-plus')) return 'umts'
  return has('gsm', 'gsm-compact', 'gprs', 'edge') ? 'gsm' : null
}

/** Of a list such as `["sim-pin (3)", "sim-puk (10)"]`. */
const pinTriesIn = (retries: readonly string[]): number | null => {
  for (const entry of retries) {
    const tries = /^sim-pin \((\d{1,3})\)$/.exec(entry)?.[1]
    if (tries !== undefined) return Number(tries)
  }
  return null
}

const percentIn = (text: string | null): number | null => {
  const value = integerIn(text)
  return value !== null && value >= 0 && value <= 100 ? value : null
}
