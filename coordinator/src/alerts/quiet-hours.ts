import { days, minutes, type WallMs, wallMs } from '@infra-home/shared/clock.ts'
import type { Severity } from './rule.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** Hours in which somebody is left alone. */
export type QuietHours = {
  /** `HH:MM`, local time; from 22:00 to 07:00 goes over midnight. */
  readonly from: string
  readonly to: string
  /** The days on which they begin. */
  readonly days: readonly Weekday[]
  /** Of the IANA database. */
  readonly timeZone: string
  /** What is at least as bad is told all the same; null: nothing is. */
  readonly except: Severity | null
}

const LONGEST = days(8)

/**
 * When the quiet is over, to the minute; null when it is not quiet now. The clock on the wall rules: a night in which it is put forward or
 * back is an hour shorter or longer. Pure.
 */
export const quietUntil = (quiet: QuietHours, now: WallMs): WallMs | null => {
  if (!isQuiet(quiet, now)) return null
  let end = now - (now % minutes(1))
  while (isQuiet(quiet, end) && end - now < LONGEST) end += minutes(15)
  while (!isQuiet(quiet, end - minutes(1))) end -= minutes(1)
  return wallMs(end)
}

const isQuiet = ({ from, to, days: begins, timeZone }: QuietHours, at: number): boolean => {
  const [begin, end] = [minuteOf(from), minuteOf(to)]
  const { day, minute } = localTime(timeZone, at)
  const began = (back: number): boolean => begins.includes(WEEKDAYS[(day - back + 7) % 7] as Weekday)
  if (begin < end) return minute >= begin && minute < end && began(0)
  return (minute >= begin && began(0)) || (minute < end && began(1))
}

const minuteOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5))

const formats = new Map<string, Intl.DateTimeFormat>()

/** The day of the week, Monday 0, and the minute of the day that a clock on the wall shows there. */
const localTime = (timeZone: string, at: number): { readonly day: number; readonly minute: number } => {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  formats.set(timeZone, format)
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  return {
    day: WEEKDAYS.indexOf((parts['weekday'] ?? '').toLowerCase() as Weekday),
    minute: Number(parts['hour']) * 60 + Number(parts['minute']),
  }
}
