import type { MonoMs } from '../clock.ts'
import type { UplinkPathState } from '../messages/path.ts'
import type { Standing } from './standing.ts'

type Told = NonNullable<UplinkPathState['standing']>

/** How long a path has been so, in the words of `state path/<uplink>`. Pure. */
export const toldStanding = ({ since, livesSince, unrest }: Standing): Told => ({
  sinceMono: Math.round(since),
  livesSinceMono: livesSince === null ? null : Math.round(livesSince),
  unrest: unrest && { breaks: unrest.breaks, atMono: Math.round(unrest.at) },
})

/** The same back. Pure. @param clock makes the hearer's monotonic time of the teller's */
export const heardStanding = (told: Told, clock: (mono: number) => MonoMs): Standing => ({
  since: clock(told.sinceMono),
  livesSince: told.livesSinceMono === null ? null : clock(told.livesSinceMono),
  unrest: told.unrest && { breaks: told.unrest.breaks, at: clock(told.unrest.atMono) },
})
