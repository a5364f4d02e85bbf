import type { PathState } from './path.ts'
import type { Quota } from './quota.ts'
import type { Refusal } from './refusals.ts'

/** An uplink as the choice sees it. */
export type Candidate = {
  readonly id: string
  /** Lower is better. */
  readonly priority: number
  readonly state: PathState
  /** A phone whose network is put away: nothing passes until it is woken. */
  readonly isAsleep: boolean
  /** Its modem says that nothing can pass: a reason to make another ready, and none to move. */
  readonly isWarned?: boolean
  /** Traffic that was ordered there stayed where it was, more than once. */
  readonly refusal?: Refusal | null
  /** Its link is there, and no address: nothing can be sent there. */
  readonly lacksAddress?: boolean
  readonly waking?: Waking
  readonly quota: Quota
  /** Null for what is no phone. */
  readonly phone: PhoneHealth | null
}

/** Whether a phone that sleeps would come: as far as is known · it was called and did not · nobody can call it, or it has no network itself. */
export type Waking = 'possible' | 'failing' | 'impossible'

export type PhoneHealth = {
  readonly batteryPercent: number | null
  readonly temperatureC: number | null
  readonly charging: boolean | null
  readonly minBatteryPercent: number
  readonly maxTemperatureC: number
}

/** Why an uplink is not to be used, while there is another. */
export type Unfit = 'path-down' | 'asleep' | 'path-unknown' | 'quota-spent' | PhoneFault

/** Which of its limits a phone has passed. */
export type PhoneFault = 'battery-low' | 'too-hot'

/** What speaks against an uplink; null when nothing does. Pure. */
export const unfit = ({ state, isAsleep, quota, phone }: Candidate): Unfit | null => {
  if (state === 'down') return 'path-down'
  if (isAsleep) return 'asleep'
  const fault = phone && phoneFault(phone)
  if (fault) return fault
  if (quota === 'spent') return 'quota-spent'
  return state === 'unknown' ? 'path-unknown' : null
}

/** Null while it is within its limits, as far as is known. Pure. */
export const phoneFault = (phone: PhoneHealth): PhoneFault | null => {
  if (phone.temperatureC !== null && phone.temperatureC > phone.maxTemperatureC) return 'too-hot'
  return isLow(phone) ? 'battery-low' : null
}

const isLow = ({ batteryPercent, charging, minBatteryPercent }: PhoneHealth): boolean =>
  batteryPercent !== null && batteryPercent < minBatteryPercent && charging !== true

/** Whether it refused traffic, and is not tried yet. Pure. */
export const refuses = ({ refusal }: Pick<Candidate, 'refusal'>): boolean => refusal?.isOver === false

/** Whether nothing can be sent out there now, whatever it may be good for later. Pure. */
export const cannotCarry = (candidate: Candidate): boolean =>
  candidate.state === 'down' || candidate.isAsleep || candidate.lacksAddress === true || refuses(candidate)

/**
 * How much is given up by using an uplink: 0 nothing that matters, then a plan that is nearly used up, then a phone, whatever its priority, then what is
 * unfit, from a plan that is used up over a path of which nothing is known to one that is dead, or refuses traffic. A degraded path is as good as a
 * whole one: moving costs people more. Pure.
 */
export const burden = (candidate: Candidate): number => {
  if (cannotCarry(candidate)) return BURDENS['path-down']
  const reason = unfit(candidate)
  if (reason !== null) return BURDENS[reason]
  return (candidate.quota === 'near' ? 1 : 0) + (candidate.phone ? 2 : 0)
}

const BURDENS: Readonly<Record<Unfit, number>> = {
  'quota-spent': 4,
  'path-unknown': 5,
  'battery-low': 6,
  'too-hot': 7,
  asleep: 8,
  'path-down': 8,
}

/** Best first: by burden, then whole before degraded, then by priority, then by name. Pure. */
export const ranked = (candidates: readonly Candidate[]): readonly Candidate[] =>
  [...candidates].sort(
    (a, b) =>
      burden(a) - burden(b) ||
      Number(a.state === 'degraded') - Number(b.state === 'degraded') ||
      a.priority - b.priority ||
      (a.id < b.id ? -1 : 1),
  )
