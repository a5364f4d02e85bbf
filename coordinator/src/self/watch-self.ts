import {
  type CancelTimer,
  type Clock,
  every,
  minutes,
  rfc3339,
  seconds,
  type WallMs,
} from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Backups } from '../jobs/backups.ts'
import type { SelfPart } from '../world/self.ts'

const LOOK_EVERY = seconds(10)
const FILES_EVERY = minutes(5)

export type SelfWatchOptions = {
  readonly clock: Clock
  readonly coordinator: Pick<Coordinator, 'world' | 'note' | 'faults'>
  readonly backups: Pick<Backups, 'kept'>
  /** What the ways to people lack; null when nothing. */
  readonly channelLacks: () => string | null
  /** Which of our certificates end soon; null when none. */
  readonly endingCertificates: (now: WallMs) => string | null
  readonly log: Log
}

/** Says in the journal when something that the coordinator depends on breaks or works again; what follows is for the rules. */
export const watchSelf = ({
  clock,
  coordinator,
  backups,
  channelLacks,
  endingCertificates,
  log,
}: SelfWatchOptions): CancelTimer => {
  const { world, note } = coordinator
  const look = (): void => {
    for (const [part, detail] of Object.entries(coordinator.faults()))
      noteSelf(coordinator, part as SelfPart, detail)
    noteSelf(coordinator, 'channels', channelLacks())
  }
  const lookAtBackups = async (): Promise<void> => {
    const [newest] = await backups.kept()
    const at = newest?.at ?? null
    if (world.self.backup && world.self.backup.at === at) return
    note({ event: 'newest-backup', at: at === null ? null : rfc3339(at) })
  }
  const tryBackups = (): void =>
    void lookAtBackups().catch((error: unknown) =>
      log('warn', 'cannot look for backups', { error: describeError(error) }),
    )
  const lookAtFiles = (): void => {
    tryBackups()
    noteSelf(coordinator, 'certificates', endingCertificates(clock.now().wall))
  }
  lookAtFiles()
  const stops = [every(clock, LOOK_EVERY, look), every(clock, FILES_EVERY, lookAtFiles)]
  return () => {
    for (const stop of stops) stop()
  }
}

/** Notes how a part is, when that is news. @param detail what is wrong; null when nothing is */
export const noteSelf = (
  { world, note }: Pick<Coordinator, 'world' | 'note'>,
  part: SelfPart,
  detail: string | null,
): void => {
  const known = world.self.parts[part]?.detail ?? null
  if (known !== detail) note({ event: 'self', part, ok: detail === null, detail })
}
