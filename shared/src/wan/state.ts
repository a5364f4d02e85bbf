import type { MonoMs, WallMs } from '../clock.ts'
import type { PathCause, PathState } from './path.ts'
import type { PhoneHealth, Unfit, Waking } from './choice.ts'
import type { Failures } from './refusals.ts'
import type { Standing } from './standing.ts'

/** What the topology and the owner say of an uplink. */
export type UplinkPlan = {
  readonly id: string
  /** Lower is better. */
  readonly priority: number
  readonly capBytes: number | null
  /** Null for what is no phone. */
  readonly phone: Pick<PhoneHealth, 'minBatteryPercent' | 'maxTemperatureC'> | null
}

export type WanParams = {
  readonly uplinks: readonly UplinkPlan[]
  /** Of the IANA database. */
  readonly timeZone: string
  /** Hours of the day, 0 to 23, in which nobody goes back to a better path: the line is known to be bad then. */
  readonly badHours: readonly number[]
}

/** What the machine remembers of an uplink. */
export type Track = {
  readonly state: PathState
  readonly cause: PathCause | null
  /** Its modem says that nothing can pass. */
  readonly isWarned?: boolean
  /** When something came back over it for the last time, as far as is known; null for never. */
  readonly provenAt: MonoMs | null
  /** Of the billing month; null while unknown. */
  readonly usedBytes: number | null
  readonly phone: Pick<PhoneHealth, 'batteryPercent' | 'temperatureC' | 'charging'> | null
  /** Of a phone; absent where nobody here can call it. */
  readonly waking?: Waking
} & Standing

export type Hold = { readonly by: string; readonly reason: string; readonly until: WallMs | null }
export type Override = {
  readonly uplink: string
  readonly by: string
  readonly reason: string
  readonly until: WallMs
}

/** A switch that was ordered and has not been heard of since. */
export type Ordered = Switch & { readonly at: MonoMs }

export type WanState = {
  /** Where traffic goes, as read back from the router. */
  readonly active: string | null
  readonly uplinks: Readonly<Record<string, Track>>
  readonly hold: Hold | null
  readonly override: Override | null
  /** The path that was wished worked, and has broken since. */
  readonly hasWishBroken: boolean
  readonly ordered: Ordered | null
  readonly failed: Failures
}

/** Why traffic moves: there was no path yet · the path is unfit · it goes back to a better one · somebody wished it. */
export type SwitchReason = 'first' | Unfit | 'fail-back' | 'override'

export type Switch = { readonly from: string | null; readonly to: string; readonly reason: SwitchReason }

export type WanEvent =
  | {
      readonly kind: 'path'
      readonly uplink: string
      readonly state: PathState
      readonly cause: PathCause | null
      readonly isWarned?: boolean | undefined
      readonly provenAt: MonoMs | null
      /** By the word of whoever watches it; absent where that is not told, and seen from here. */
      readonly standing?: Standing | undefined
    }
  | { readonly kind: 'usage'; readonly uplink: string; readonly usedBytes: number | null }
  | { readonly kind: 'hold'; readonly hold: Hold }
  | { readonly kind: 'release' }
  | { readonly kind: 'override'; readonly override: Override }
  | { readonly kind: 'end-override' }
  /** The router does it, as read back: after an order of ours, at the start, or because somebody else did it. */
  | { readonly kind: 'applied'; readonly uplink: string | null }
  | { readonly kind: 'not-applied'; readonly uplink: string }
  /** The router is told to. */
  | ({ readonly kind: 'ordered' } & Switch)

export const NO_WAN: WanState = {
  active: null,
  uplinks: {},
  hold: null,
  override: null,
  hasWishBroken: false,
  ordered: null,
  failed: {},
}
