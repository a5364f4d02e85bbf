import { type Clock, every, seconds } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import { isAlive } from '@infra-home/shared/wan/path.ts'
import {
  nextRepair,
  type RepairDeed,
  type RepairStep,
  type RepairTrack,
  UNREPAIRED,
} from '@infra-home/shared/wan/repair.ts'
import { briefly } from '../briefly.ts'
import type { RepairTools } from './repair-tools.ts'

const LOOK_EVERY = seconds(5)

/** How far the repair of each uplink has come, by its id: goes on with a changed plan. */
export type Repairs = {
  readonly tracks: Map<string, RepairTrack>
  /** Those whose address cannot be renewed by a word to whoever manages it. */
  readonly unrenewed: Set<string>
}

export const noRepairs = (): Repairs => ({ tracks: new Map(), unrenewed: new Set() })

/** Climbs each dead uplink's ladder of repairs, one step at a time, and tells of each. */
export const startRepairer = (options: {
  readonly clock: Clock
  readonly uplinks: readonly string[]
  readonly repairs: Repairs
  readonly path: (uplink: string) => Pick<UplinkPathState, 'state' | 'cause'> | null
  readonly isHeld: () => boolean
  /** What the owner lets us do. */
  readonly allowed: ReadonlySet<RepairStep>
  /** Looked up when an uplink is dead: programs come and go. */
  readonly toolsFor: (uplink: string) => Promise<RepairTools>
  /** Brings up the link that a step left down; null when there is none. */
  readonly raise: (uplink: string) => (() => Promise<void>) | null
  readonly onRepair: (repair: EventBody['repair']) => void
  readonly log: Log
}): { readonly stop: () => void } => {
  const { clock, uplinks, path, isHeld, allowed, toolsFor, raise, onRepair, log } = options
  const { tracks, unrenewed } = options.repairs
  const busy = new Set<string>()
  const lives = (uplink: string): boolean => isAlive(path(uplink) ?? { state: 'unknown' })

  const roundOf = (uplink: string): number => (tracks.get(uplink)?.round ?? 0) + 1
  /** Whether it worked; told either way, but for links that stay down: that was told when they went. */
  const take = async (
    step: RepairDeed,
    tool: (() => Promise<void>) | undefined,
    why: Pick<EventBody['repair'], 'uplink' | 'cause' | 'round'>,
  ): Promise<boolean> => {
    const begun = clock.now().mono
    const error = await (tool?.() ?? Promise.resolve()).then(() => null, briefly)
    const ok = error === null
    if (step === 'raise-link' && !ok) return false
    log(ok ? 'info' : 'warn', 'tried to bring an uplink back', { uplink: why.uplink, step, error })
    onRepair({ ...why, step, ok, error, tookMs: Math.round(clock.now().mono - begun) })
    return ok
  }

  const look = async (uplink: string): Promise<void> => {
    const now = path(uplink)
    if (!now) return
    const raising = raise(uplink)
    if (raising) await take('raise-link', raising, { uplink, cause: now.cause, round: roundOf(uplink) })
    const tools: RepairTools = now.state === 'down' ? await toolsFor(uplink) : new Map()
    const before = tracks.get(uplink) ?? UNREPAIRED
    const can = new Set([...tools.keys()].filter((step) => allowed.has(step)))
    if (can.has('renew-dhcp') && !unrenewed.has(uplink)) can.delete('bounce-link')
    const isOtherAlive = uplinks.some((other) => other !== uplink && lives(other))
    const { track, step } = nextRepair(
      before,
      { state: now.state, cause: now.cause, isOtherAlive, isHeld: isHeld(), can },
      clock.now().mono,
    )
    tracks.set(uplink, track)
    if (step === null) return
    const ok = await take(step, tools.get(step), { uplink, cause: now.cause, round: roundOf(uplink) })
    if (step === 'renew-dhcp') unrenewed[ok ? 'delete' : 'add'](uplink)
  }

  const cancel = every(clock, LOOK_EVERY, () => {
    for (const uplink of uplinks) {
      if (busy.has(uplink)) continue
      busy.add(uplink)
      void look(uplink)
        .catch((error: unknown) =>
          log('warn', 'could not look at an uplink’s repair', { uplink, error: briefly(error) }),
        )
        .finally(() => busy.delete(uplink))
    }
  })
  return { stop: cancel }
}
