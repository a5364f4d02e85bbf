import { type DurationMs, elapsed, hours, later, minutes, type MonoMs, seconds } from '../clock.ts'
import { isAlive, type PathCause, type PathState } from './path.ts'

/** What may bring a dead uplink back, the mildest first. */
export const REPAIR_STEPS = ['renew-dhcp', 'bounce-link', 'reconnect', 'reboot-modem', 'power-cycle'] as const
export type RepairStep = (typeof REPAIR_STEPS)[number]
/** What is told of: the steps, and that a link came up again at last which did not when it was bounced. */
export const REPAIR_DEEDS = [...REPAIR_STEPS, 'raise-link'] as const
export type RepairDeed = (typeof REPAIR_DEEDS)[number]

/** How far an uplink's repair has come. */
export type RepairTrack = {
  readonly brokenSince: MonoMs | null
  /** Since when it is not dead; null while it is. */
  readonly restsSince: MonoMs | null
  /** The last step that was taken; null for none in this round. */
  readonly last: RepairStep | null
  readonly lastAt: MonoMs | null
  /** How often the ladder was climbed to its end. */
  readonly round: number
}

export const UNREPAIRED: RepairTrack = {
  brokenSince: null,
  restsSince: null,
  last: null,
  lastAt: null,
  round: 0,
}

/** What each step is waited for, after the last one or after the break: many a line comes back by itself. */
const AFTER: Readonly<Record<RepairStep, DurationMs>> = {
  'renew-dhcp': seconds(30),
  'bounce-link': seconds(30),
  reconnect: minutes(1),
  'reboot-modem': minutes(3),
  'power-cycle': minutes(10),
}
/** Each round waits twice as long as the one before, and no longer than this for a step. */
const LONGEST_WAIT = hours(6)
/** Whoever breaks again sooner goes on where it was. */
const SETTLED = minutes(10)

/** Which steps can mend what; against a missing SIM, a portal or a spent plan none can. */
const MENDS: Readonly<Partial<Record<PathCause, readonly RepairStep[]>>> = {
  link: ['reboot-modem', 'power-cycle'],
  wifi: ['power-cycle'],
  address: ['renew-dhcp', 'bounce-link', 'reboot-modem', 'power-cycle'],
  gateway: ['renew-dhcp', 'bounce-link', 'reboot-modem', 'power-cycle'],
  radio: ['reconnect', 'reboot-modem', 'power-cycle'],
  carrier: REPAIR_STEPS,
  dns: ['renew-dhcp', 'bounce-link', 'reconnect', 'reboot-modem'],
  tcp: ['reconnect', 'reboot-modem'],
}
/** A path that lacks names, or connections, still carries what needs none; while there is no other, it is not taken away. */
const STILL_CARRIES: ReadonlySet<PathCause> = new Set(['dns', 'tcp'])
const HARMLESS: ReadonlySet<RepairStep> = new Set(['renew-dhcp'])

export type RepairSeen = {
  readonly state: PathState
  readonly cause: PathCause | null
  /** Whether some other uplink would do. */
  readonly isOtherAlive: boolean
  /** Somebody wants nothing to be touched. */
  readonly isHeld: boolean
  /** What can be done here, and what the owner lets us do. */
  readonly can: ReadonlySet<RepairStep>
}

/** What is to be done about an uplink now, if anything. Only a dead one is touched. Pure. */
export const nextRepair = (
  before: RepairTrack,
  seen: RepairSeen,
  now: MonoMs,
): { readonly track: RepairTrack; readonly step: RepairStep | null } => {
  if (seen.state !== 'down') return { track: resting(before, seen.state, now), step: null }
  const track = { ...before, brokenSince: before.brokenSince ?? now, restsSince: null }
  const ladder = ladderOf(seen)
  if (ladder.length === 0 || seen.isHeld) return { track, step: null }
  const next = ladder.find((step) => isAbove(step, track.last)) ?? null
  if (next === null) return { track: { ...track, last: null, round: track.round + 1 }, step: null }
  const wait = Math.min(AFTER[next] * 2 ** Math.min(track.round, 20), LONGEST_WAIT) as DurationMs
  if (now < later(lastOf(track), wait)) return { track, step: null }
  return { track: { ...track, last: next, lastAt: now }, step: next }
}

/** A break is over when something passes again, and not while nothing is known of it; the ladder, when either has been so for long. */
const resting = (before: RepairTrack, state: PathState, now: MonoMs): RepairTrack => {
  const restsSince = before.restsSince ?? now
  if (elapsed(restsSince, now) >= SETTLED) return UNREPAIRED
  return { ...before, restsSince, brokenSince: isAlive({ state }) ? null : before.brokenSince }
}

const ladderOf = ({ cause, can, isOtherAlive }: RepairSeen): readonly RepairStep[] => {
  if (cause === null) return []
  const spares = !isOtherAlive && STILL_CARRIES.has(cause)
  return (MENDS[cause] ?? []).filter((step) => can.has(step) && (!spares || HARMLESS.has(step)))
}

const isAbove = (step: RepairStep, last: RepairStep | null): boolean =>
  last === null || REPAIR_STEPS.indexOf(step) > REPAIR_STEPS.indexOf(last)

const lastOf = ({ brokenSince, lastAt }: RepairTrack): MonoMs =>
  Math.max(brokenSince ?? 0, lastAt ?? 0) as MonoMs
