import { type Clock, every, seconds } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import { nextRepair, type RepairStep, type RepairTrack, UNREPAIRED } from '@infra-home/shared/wan/repair.ts'
import { briefly } from './briefly.ts'
import type { RepairTools } from './repair-tools.ts'

const LOOK_EVERY = seconds(5)

/** Climbs each dead uplink's ladder of repairs, one step at a time, and tells of each. */
export const startRepairer = (options: {
  readonly clock: Clock
  readonly uplinks: readonly string[]
  readonly path: (uplink: string) => Pick<UplinkPathState, 'state' | 'cause'> | null
  readonly isHeld: () => boolean
  /** What the owner lets us do. */
  readonly allowed: ReadonlySet<RepairStep>
  /** Looked up when an uplink is dead: programs come and go. */
  readonly toolsFor: (uplink: string) => Promise<RepairTools>
  readonly onRepair: (repair: EventBody['repair']) => void
  readonly log: Log
}): { readonly stop: () => void } => {
  const { clock, uplinks, path, isHeld, allowed, toolsFor, onRepair, log } = options
  const tracks = new Map<string, RepairTrack>()
  const busy = new Set<string>()
  const isAlive = (uplink: string): boolean => ['up', 'degraded'].includes(path(uplink)?.state ?? '')

  const look = async (uplink: string): Promise<void> => {
    const now = path(uplink)
    if (!now) return
    const tools: RepairTools = now.state === 'down' ? await toolsFor(uplink) : new Map()
    const before = tracks.get(uplink) ?? UNREPAIRED
    const can = new Set([...tools.keys()].filter((step) => allowed.has(step)))
    const isOtherAlive = uplinks.some((other) => other !== uplink && isAlive(other))
    const { track, step } = nextRepair(
      before,
      { state: now.state, cause: now.cause, isOtherAlive, isHeld: isHeld(), can },
      clock.now().mono,
    )
    tracks.set(uplink, track)
    if (step === null) return
    const begun = clock.now().mono
    const error = await (tools.get(step)?.() ?? Promise.resolve()).then(() => null, briefly)
    const tookMs = Math.round(clock.now().mono - begun)
    log(error === null ? 'info' : 'warn', 'tried to bring an uplink back', { uplink, step, error })
    onRepair({ uplink, step, cause: now.cause, round: track.round + 1, ok: error === null, error, tookMs })
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
