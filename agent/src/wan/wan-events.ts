import { fromRfc3339, monoMs } from '@infra-home/shared/clock.ts'
import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import { heardStanding } from '@infra-home/shared/wan/told-standing.ts'
import type { WanEvent } from '@infra-home/shared/wan/state.ts'
import type { SayWan } from './say-wan.ts'

/** Paths as whoever decides hears of them. The others first: he is to know what they are worth when the one in use is given up. Pure. */
export const pathEvents = (paths: ReturnType<SayWan['paths']>): WanEvent[] =>
  paths.map(([uplink, { state, cause, isWarned, provenMono, standing }]) => ({
    kind: 'path',
    uplink,
    state,
    cause,
    isWarned,
    provenAt: provenMono === null ? null : monoMs(provenMono),
    standing: standing && heardStanding(standing, monoMs),
  }))

/** What people wish, likewise. Pure. */
export const wishEvents = ({ hold, override }: Pick<WanWish, 'hold' | 'override'>): WanEvent[] => [
  hold === null
    ? { kind: 'release' }
    : { kind: 'hold', hold: { ...hold, until: hold.until === null ? null : fromRfc3339(hold.until) } },
  override === null
    ? { kind: 'end-override' }
    : { kind: 'override', override: { ...override, until: fromRfc3339(override.until) } },
]
