import { type Clock, every, hours, rfc3339 } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Recorder } from './audit/recorder.ts'
import type { Store } from './db/store.ts'
import { SNAPSHOT_VERSION, type Snapshot } from './world/snapshot.ts'
import type { World } from './world/world.ts'

const EVERY = hours(1)

export type SnapshotOptions = {
  readonly store: Pick<Store, 'saveSnapshot'>
  /** This machine's boot id and clock: a later start tells by them how long it was away. */
  readonly boot: string
  readonly machineClock: Clock
  readonly log: Log
}

export type Snapshots = {
  /** Writes the world down as it is at the end of the journal on the disk. */
  save(): Promise<void>
  stop(): void
}

/** Writes the world down every hour, so that a start need not read the whole journal. */
export const keepSnapshots = (
  { store, boot, machineClock, log }: SnapshotOptions,
  { world, clock, recorder }: { readonly world: World; readonly clock: Clock; readonly recorder: Recorder },
): Snapshots => {
  const save = async (): Promise<void> => {
    await recorder.flush()
    const head = recorder.head()
    if (head?.pos !== world.position) return // something came in between; the journal's tail has it, and the next hour
    const now = clock.now()
    const mark = { mono: now.mono, machineMono: machineClock.now().mono, boot }
    const content: Snapshot = { version: SNAPSHOT_VERSION, world, clock: mark }
    await store.saveSnapshot({ pos: head.pos, at: rfc3339(now.wall), state: JSON.stringify(content) })
  }
  const stop = every(clock, EVERY, () => {
    save().catch((error: unknown) =>
      log('error', 'could not write a snapshot', { error: describeError(error) }),
    )
  })
  return { save, stop }
}
