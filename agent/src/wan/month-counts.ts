import type { WallMs } from '@infra-home/shared/clock.ts'
import { usedInMonth } from '@infra-home/shared/wan/quota.ts'

type Counts = {
  readonly modem: { readonly bytes: number; readonly at: WallMs } | null
  readonly router: { readonly bytes: number; readonly since: WallMs } | null
}

/** What uplinks used in their billing months, by their modems' counts and our own. */
export type MonthCounts = {
  /** `bytes` null while the modem does not tell, which changes nothing. */
  byModem(uplink: string, bytes: number | null, at: WallMs): void
  byRouter(uplink: string, bytes: number, since: WallMs): void
}

/** Tells of each uplink what it used, by the count that holds. */
export const keepMonthCounts = (tell: (uplink: string, usedBytes: number) => void): MonthCounts => {
  const known = new Map<string, Counts>()
  const learn = (uplink: string, fresh: Partial<Counts>): void => {
    const counts = { modem: null, router: null, ...known.get(uplink), ...fresh }
    known.set(uplink, counts)
    const used = usedInMonth(counts)
    if (used) tell(uplink, used.bytes)
  }
  return {
    byModem(uplink, bytes, at) {
      if (bytes !== null) learn(uplink, { modem: { bytes, at } })
    },
    byRouter: (uplink, bytes, since) => learn(uplink, { router: { bytes, since } }),
  }
}
