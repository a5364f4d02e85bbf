/**
 * The value of `name` in Android's `name=value` or `name = value`, up to the next blank, comma or bracket; null when it is missing,
 * empty or "null".
 */
export const androidField = (text: string, name: string): string | null => {
  const value = new RegExp(`(?<![\\w.])${name} ?= ?([^\\s,(){}\\[\\]]*)(?=[\\s,(){}\\[\\]])`).exec(text)?.[1]
  return value === undefined || value === '' || value === 'null' ? null : value
}

/** What Android prints for a value that it does not have (CellInfo.UNAVAILABLE). */
const UNAVAILABLE = 2_147_483_647

/** A whole number of that name; null also for Android's word for unknown. */
export const androidNumber = (text: string, name: string): number | null =>
  androidInteger(androidField(text, name))

export const androidInteger = (text: string | null | undefined): number | null => {
  if (typeof text !== 'string' || !/^-?\d{1,15}$/.test(text)) return null
  return available(Number(text))
}

/** The value, unless it is Android's word for unknown. */
export const available = (value: number | null): number | null => (value === UNAVAILABLE ? null : value)

/** A signal strength in steps of TS 27.007 +CSQ, dBm; null outside 0…31. */
export const dbmOfCsq = (steps: number | null): number | null =>
  steps !== null && steps >= 0 && steps <= 31 ? -113 + 2 * steps : null
