import { bytesText } from '@infra-home/shared/bytes-text.ts'
import { spanText } from '@infra-home/shared/span-text.ts'

/** An age in the largest unit that fits; `–` when it is unknown. */
export const age = (ms: number | null): string => (ms === null ? '–' : spanText(ms))

/** A value with its unit, or `–` for unknown. */
export const value = (number: number | null | undefined, unit: string): string =>
  number === null || number === undefined ? '–' : unit === '' ? String(number) : `${number} ${unit}`

/** An amount of data, or `–` for unknown. */
export const bytes = (count: number | null | undefined): string =>
  count === null || count === undefined ? '–' : bytesText(count)

export const orDash = (text: string | null | undefined): string =>
  text === null || text === undefined || text === '' ? '–' : text

/** The mark at the beginning of a row where something is wrong. */
export const mark = (wrong: boolean): string => (wrong ? '!' : '')
