import type { Rat, Registration } from '@infra-home/shared/messages/modem.ts'
import { fieldsAfter, wholeOf } from './at-answer.ts'
import { cellOf, ratOfAct } from './at-rat.ts'

/** What a modem says of one of its registrations. */
export type AtRegistration = {
  readonly registration: Registration
  /** Registered, but for short messages alone. */
  readonly smsOnly: boolean
  readonly rat: Rat | null
  readonly cellId: string | null
}

/** Where a modem is registered, by question: +CREG voice, +CGREG 2G and 3G data, +CEREG 4G, +C5GREG 5G. */
export const REGISTRATIONS = ['+C5GREG', '+CEREG', '+CGREG', '+CREG'] as const
export type RegistrationName = (typeof REGISTRATIONS)[number]

/** `<stat>` of TS 27.007 §7.2, §10.1.20, §10.1.22: 6 and 7 for SMS only, 8 and 11 for emergencies alone, 9 and 10 with CSFB not preferred. */
const OF_STAT: readonly Registration[] = [
  'not-registered',
  'home',
  'searching',
  'denied',
  'unknown',
  'roaming',
  'home',
  'roaming',
  'not-registered',
  'home',
  'roaming',
  'not-registered',
]

/**
 * The answer to +C…REG?, as in `2,1,"8BE3","00002B5D",7`: what is sent of itself, as in `1,"8BE3","00002B5D"`, has one number less before the area
 * and is passed over. Null when there was no answer among the lines.
 */
export const parseRegistration = (
  lines: readonly string[],
  name: RegistrationName,
): AtRegistration | null => {
  const fields = fieldsAfter(lines, name).find(isAnswer)
  if (!fields) return null
  const [, stat, , cell, act] = fields
  const state = wholeOf(stat) ?? -1
  const registration = OF_STAT[state] ?? 'unknown'
  return {
    registration,
    smsOnly: state === 6 || state === 7,
    rat: ratOfAct(wholeOf(act)),
    cellId: registration === 'home' || registration === 'roaming' ? cellOf(cell) : null,
  }
}

/** The first is the mode, 0…5, and the second the state; an area is never as short as a state. */
const isAnswer = ([mode = '', stat = '']: readonly string[]): boolean =>
  /^[0-5]$/.test(mode) && /^\d{1,2}$/.test(stat) && Number(stat) < OF_STAT.length

/**
 * One registration of all: that which serves data counts, voice only where no other says anything. A list in the order of REGISTRATIONS. Pure.
 */
export const settleRegistration = (said: readonly (AtRegistration | null)[]): AtRegistration =>
  mostTelling(said.slice(0, -1)) ?? mostTelling(said, 'not-registered') ?? NOWHERE

const NOWHERE: AtRegistration = { registration: 'unknown', smsOnly: false, rat: null, cellId: null }

/** A modem is in one network at a time: where it is registered says more than where it is not. */
const mostTelling = (
  said: readonly (AtRegistration | null)[],
  ...further: readonly Registration[]
): AtRegistration | undefined =>
  (['home', 'roaming', 'denied', 'searching', ...further] as const)
    .map((wanted) => said.find((one) => one?.registration === wanted))
    .find((one) => one !== undefined && one !== null)
