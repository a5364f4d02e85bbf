import { elapsed, milliseconds, minutes, type MonoMs } from '../clock.ts'

/** Complaints of users that came to nothing: how many, less those that were forgotten by the last of them, and when that was; null for none. */
export type FalseAlarms = { readonly count: number; readonly at: MonoMs | null }

export const NO_FALSE_ALARMS: FalseAlarms = { count: 0, at: null }

/**
 * After a complaint that came to nothing the next ones are not heard for so long, and after more than a few for twice as long each time; one of them is
 * forgotten every so often. The next may be right, and users who always complain cost hardly more than an idle line, where as much is asked unbidden.
 */
const DEAF = { first: milliseconds(500), few: 4, longest: minutes(5), forgetOneIn: minutes(5) }

/** One more. Pure. */
export const falseAgain = (before: FalseAlarms, now: MonoMs): FalseAlarms => ({
  count: countBy(before, now) + 1,
  at: now,
})

/** Whether a complaint is not heard now. Pure. */
export const isDeaf = (alarms: FalseAlarms, now: MonoMs): boolean => {
  const beyondFew = Math.max(0, countBy(alarms, now) - DEAF.few)
  const wait = Math.min(DEAF.longest, DEAF.first * 2 ** beyondFew)
  return alarms.at !== null && elapsed(alarms.at, now) < wait
}

const countBy = ({ count, at }: FalseAlarms, now: MonoMs): number =>
  at === null ? 0 : Math.max(0, count - elapsed(at, now) / DEAF.forgetOneIn)
