import { type WallMs, wallMs } from '../clock.ts'

/** How far a data plan is used up. `near` is the last tenth: enough for what is critical, and for the month's end. */
export type Quota = 'none' | 'fine' | 'near' | 'spent'

/** Bytes of a billing month by a modem's own count, both ways, which some count apart; null while it counts none. Pure. */
export const monthBytesOf = ({
  monthRxBytes,
  monthTxBytes,
  monthBytes = null,
}: {
  readonly monthRxBytes?: number | null
  readonly monthTxBytes?: number | null
  readonly monthBytes?: number | null
}): number | null =>
  typeof monthRxBytes === 'number' && typeof monthTxBytes === 'number'
    ? monthRxBytes + monthTxBytes
    : monthBytes

/** What was counted, and when that was told, or since when it was counted. */
type CountAt<K extends string> = { readonly bytes: number } & { readonly [key in K]: WallMs }

/**
 * Bytes of the billing month: the last count that the modem told in it, which is nearest to the bill, or else the router's own. A modem that does
 * not answer for a while makes nothing unknown.
 * @param router since the month began, as far as the router knows; null while it knows nothing Pure.
 */
export const usedInMonth = ({
  modem,
  router,
}: {
  readonly modem: CountAt<'at'> | null
  readonly router: CountAt<'since'> | null
}): { readonly bytes: number; readonly by: 'modem' | 'router' } | null => {
  if (modem && (!router || modem.at >= router.since)) return { bytes: modem.bytes, by: 'modem' }
  return router && { bytes: router.bytes, by: 'router' }
}

const NEAR = 0.9

/** @param capBytes null where the plan has no end; `usedBytes` null while unknown, which is no reason to spare it. Pure. */
export const quotaOf = (usedBytes: number | null, capBytes: number | null): Quota => {
  if (capBytes === null) return 'none'
  if (usedBytes === null || usedBytes < capBytes * NEAR) return 'fine'
  return usedBytes < capBytes ? 'near' : 'spent'
}

/**
 * When the billing month began that `now` is in: midnight of the billing day where the home is.
 * @param billingDay 1 to 28 @param timeZone of the IANA database @throws RangeError for a zone that is not in it
 */
export const billingMonthStart = (now: WallMs, billingDay: number, timeZone: string): WallMs => {
  const { year, month, day } = dateIn(now, timeZone)
  const begun = day >= billingDay ? month : month - 1
  return midnight({ year, month: begun, day: billingDay }, timeZone)
}

/** When the billing month ends that began at `start`. Pure. */
export const billingMonthEnd = (start: WallMs, billingDay: number, timeZone: string): WallMs => {
  const { year, month } = dateIn(start, timeZone)
  return midnight({ year, month: month + 1, day: billingDay }, timeZone)
}

type LocalDate = { readonly year: number; readonly month: number; readonly day: number }

const formats = new Map<string, Intl.DateTimeFormat>()
const formatIn = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone)
  if (known) return known
  const numeric = 'numeric'
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
    hourCycle: 'h23',
  })
  formats.set(timeZone, made)
  return made
}

const partsIn = (at: WallMs, timeZone: string): Record<string, number> =>
  Object.fromEntries(
    formatIn(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )

const dateIn = (at: WallMs, timeZone: string): LocalDate => {
  const { year = 0, month = 0, day = 0 } = partsIn(at, timeZone)
  return { year, month, day }
}

/** `2026-11-28`: the date where the home is. Pure. */
export const dayIn = (at: WallMs, timeZone: string): string => {
  const { year, month, day } = dateIn(at, timeZone)
  return [year, month, day].map((part) => String(part).padStart(2, '0')).join('-')
}

/** The hour of the day, 0 to 23, where the home is. Pure. */
export const hourIn = (at: WallMs, timeZone: string): number => partsIn(at, timeZone)['hour'] ?? 0

/** How far the zone is ahead of UTC at an instant. */
const offsetAt = (at: WallMs, timeZone: string): number => {
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = partsIn(at, timeZone)
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000
}

/** Where the clocks go forward at midnight, the first instant after it. */
const midnight = ({ year, month, day }: LocalDate, timeZone: string): WallMs => {
  const asUtc = Date.UTC(year, month - 1, day)
  const guess = wallMs(asUtc - offsetAt(wallMs(asUtc), timeZone))
  return wallMs(asUtc - offsetAt(guess, timeZone))
}
