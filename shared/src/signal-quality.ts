import type { Numbers } from './messages/tm.ts'

/** How well a modem hears its cell, from the worst on. */
export const QUALITIES = ['none', 'poor', 'fair', 'good', 'excellent'] as const
export type Quality = (typeof QUALITIES)[number]

/** Where poor, fair, good and excellent begin. */
type Steps = readonly [poor: number, fair: number, good: number, excellent: number]

/**
 * Android's for LTE (AOSP, CellSignalStrengthLte: its poor, moderate, good and great; below is its none). The standards give ranges and no
 * names: 3GPP TS 36.133 §9.1.
 */
const STEPS = {
  rsrpDbm: [-115, -105, -95, -85],
  rsrqDb: [-19, -17, -14, -12],
  sinrDb: [-3, 1, 5, 13],
  rssiDbm: [-113, -103, -97, -89],
} as const satisfies { readonly [metric in keyof Numbers]?: Steps }

type Radio = Pick<Numbers, keyof typeof STEPS>

/**
 * One word for a modem's reception: the worst of what RSRP, RSRQ and SINR say, for each can spoil it alone. RSSI, which counts noise and
 * neighbours in, speaks only where none of them does, as in Android. Null while nothing is known. Pure.
 */
export const signalQuality = (radio: Radio): Quality | null => {
  const ranks = (['rsrpDbm', 'rsrqDb', 'sinrDb'] as const)
    .map((metric) => rankOf(radio[metric], STEPS[metric]))
    .filter((rank) => rank !== null)
  const rank = ranks.length > 0 ? Math.min(...ranks) : rankOf(radio.rssiDbm, STEPS.rssiDbm)
  return rank === null ? null : (QUALITIES[rank] ?? null)
}

const rankOf = (value: number | null | undefined, steps: Steps): number | null =>
  typeof value === 'number' ? steps.filter((step) => value >= step).length : null
