import { spanText } from '@infra-home/shared/span-text.ts'

/** An age in the largest unit that fits; `–` when it is unknown. */
export const age = (ms: number | null): string => (ms === null ? '–' : spanText(ms))

/** A value with its unit, or `–` for unknown. */
export const value = (number: number | null | undefined, unit: string): string =>
  number === null || number === undefined ? '–' : unit === '' ? String(number) : `${number} ${unit}`

const STEPS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

export const bytes = (count: number | null | undefined): string => {
  if (count === null || count === undefined) return '–'
  let [size, step] = [count, 0]
  while (size >= 1000 && step < STEPS.length - 1) [size, step] = [size / 1000, step + 1]
  return `${step === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${STEPS[step]}`
}

export const orDash = (text: string | null | undefined): string =>
  text === null || text === undefined || text === '' ? '–' : text

/** The mark at the beginning of a row where something is wrong. */
export const mark = (wrong: boolean): string => (wrong ? '!' : '')
