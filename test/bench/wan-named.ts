import { type Figure, figure } from './figure.ts'
import type { Seen } from './wan.ts'

/** What a path that lives may lack, and what it is called: packets too large one way, or both. */
const LACKS = ['dns', 'tcp', 'portal', 'quota', 'mtu', 'large'] as const

export const NAMED_FIGURES: readonly string[] = LACKS.map((what) => `named-${what}`)

/** A quick run asks for them by name alone: each of them is over only when it was seen to be. */
export const wantsNames = (isQuick: boolean, only: string): boolean =>
  isQuick && only === '' ? false : NAMED_FIGURES.some((name) => name.includes(only))

/** Seconds from the first flow of users' that failed until the right cause was named. Pure. */
export const namedFigures = (seen: readonly Seen[]): Figure[] =>
  LACKS.flatMap((what) =>
    seen
      .filter((one) => one['named'] === what)
      .map(({ ms }) =>
        figure(`named-${what}`, 's', {
          ours: [Number(ms) / 1000],
          yardstick: [],
          against: 'none',
          why: 'no rival says what a line lacks',
        }),
      ),
  )
