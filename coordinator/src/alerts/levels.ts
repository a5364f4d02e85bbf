import type { Level } from './machine.ts'

/** From where on a value is bad, and from where on it is good again. */
export type Levels = { readonly fire: number; readonly clear: number }

/** What a value is worth: bad at `fire` and beyond, good at `clear` and before; which way is beyond, the two say. Null is unknown. Pure. */
export const levelOf = (value: number | null | undefined, { fire, clear }: Levels): Level => {
  if (typeof value !== 'number') return 'unknown'
  const isHighBad = fire > clear
  if (isHighBad ? value >= fire : value <= fire) return 'bad'
  return (isHighBad ? value <= clear : value >= clear) ? 'good' : 'between'
}

/** The worst of several: what is bad outweighs what is not known, and that what is good. Pure. */
export const worstOf = (levels: readonly Level[]): Level =>
  ORDER.find((level) => levels.includes(level)) ?? 'unknown'

const ORDER: readonly Level[] = ['bad', 'between', 'unknown', 'good']
