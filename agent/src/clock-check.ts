import { type Clock, elapsed, minutes, type MonoMs, seconds, type WallMs } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Publisher } from './publisher.ts'
import { readJson, writeJson } from './small-file.ts'
import type { Disk } from './sys/sys.ts'

const FILE = 'wrong-clock.json'
/** What a house without time servers drifts in months. */
const WRONG_BY = minutes(1)
/** A word that lay in a broker or in a sleeping device's buffer is old, and says nothing of our clock; two that agree are not. */
const CONFIRMED_AFTER = seconds(30)
const AGREE_WITHIN = seconds(5)

export type ClockCheck = {
  /** The coordinator has said what time it is. */
  heard(wall: WallMs): void
}

/** Tells once a boot when our wall clock is not the coordinator's. Nothing is refused for it: no Pi has a clock chip. */
export const openClockCheck = async (on: {
  readonly clock: Clock
  readonly disk: Disk
  readonly boot: string
  readonly publisher: Pick<Publisher, 'event'>
  readonly log: Log
}): Promise<ClockCheck> => {
  let told = (await readJson<{ readonly boot?: unknown }>(on.disk, FILE, {})).boot === on.boot
  let suspect: { readonly byMs: number; readonly since: MonoMs } | null = null

  const tell = (byMs: number): void => {
    told = true
    on.log('warn', 'our clock is not the coordinator’s', { byMs })
    on.publisher.event('clock-wrong', { byMs })
    writeJson(on.disk, FILE, { boot: on.boot }).catch(() => {}) // then it is told again after a restart
  }

  return {
    heard(said) {
      if (told) return
      const { wall, mono } = on.clock.now()
      const byMs = Math.round(wall - said)
      if (Math.abs(byMs) < WRONG_BY) suspect = null
      else if (suspect === null || Math.abs(byMs - suspect.byMs) > AGREE_WITHIN)
        suspect = { byMs, since: mono }
      else if (elapsed(suspect.since, mono) >= CONFIRMED_AFTER) tell(byMs)
    },
  }
}
