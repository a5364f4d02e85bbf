import { type DurationMs, seconds } from '@infra-home/shared/clock.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import type { PhoneHealth } from '@infra-home/shared/wan/choice.ts'

/** A phone that lends its network when it is asked to, and what the owner lets us ask of it. */
export type TetherPlan = {
  readonly uplink: string
  /** The node that is commanded. */
  readonly phone: string
  /** How long it is kept when nobody needs it any more. */
  readonly idle: DurationMs
} & PhoneLimits

export type PhoneLimits = Pick<PhoneHealth, 'minBatteryPercent' | 'maxTemperatureC'>

const USUAL: PhoneLimits = { minBatteryPercent: 30, maxTemperatureC: 45 }
/** Long enough for a line that comes and goes every few minutes not to wake the phone each time. */
const USUAL_IDLE_SECONDS = 300

/** Within which a phone is an uplink at all. Pure. */
export const phoneLimitsOf = ({ tether }: Topology['uplinks'][number]): PhoneLimits => ({
  minBatteryPercent: tether?.minBatteryPercent ?? USUAL.minBatteryPercent,
  maxTemperatureC: tether?.maxTemperatureC ?? USUAL.maxTemperatureC,
})

/** The phones behind a router's uplinks; one that the plan does not name is turned on by hand. Pure. */
export const tethersOf = ({ uplinks }: Topology, router: string): TetherPlan[] =>
  uplinks.flatMap((uplink) => {
    const { id, kind, host, phone, tether } = uplink
    if (kind !== 'phone-tether' || host !== router || phone === undefined) return []
    const idle = seconds(tether?.idleSeconds ?? USUAL_IDLE_SECONDS)
    return [{ uplink: id, phone, idle, ...phoneLimitsOf(uplink) }]
  })
