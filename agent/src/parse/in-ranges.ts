import { inRange } from '@infra-home/shared/units.ts'

/** What a device said of its radio; null is unknown. */
export type SaidRadio = {
  readonly rsrpDbm: number | null
  readonly rsrqDb: number | null
  readonly sinrDb: number | null
  readonly rssiDbm: number | null
}

/** What of it can be true. */
export type Radio = SaidRadio & {
  /** How many values were said that cannot be true, and are unknown; left out when there were none. */
  readonly strayValues?: number
}

/** Whether any radio value is known. */
export const hasRadio = ({ rsrpDbm, rsrqDb, sinrDb, rssiDbm }: SaidRadio): boolean =>
  [rsrpDbm, rsrqDb, sinrDb, rssiDbm].some((value) => value !== null)

/** Radio values without those that 3GPP does not allow, which are counted. */
export const inRanges = (said: SaidRadio): Radio => {
  const radio = {
    rsrpDbm: inRange('rsrpDbm', said.rsrpDbm),
    rsrqDb: inRange('rsrqDb', said.rsrqDb),
    sinrDb: inRange('sinrDb', said.sinrDb),
    rssiDbm: inRange('rssiDbm', said.rssiDbm),
  }
  const metrics = ['rsrpDbm', 'rsrqDb', 'sinrDb', 'rssiDbm'] as const
  return { ...radio, ...straying(metrics.filter((metric) => radio[metric] !== said[metric]).length) }
}

/** A count of stray values as numbers have it. */
export const straying = (count: number): Pick<Radio, 'strayValues'> =>
  count > 0 ? { strayValues: count } : {}
