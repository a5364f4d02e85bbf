import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { readJson, writeJson } from '../small-file.ts'
import type { Sys } from '../sys/sys.ts'
import { isWorthNoting, recordOf, resumed } from './alarm-record.ts'
import type { AlarmState } from './alarm-state.ts'

const ALARM_FILE = 'alarm.json'

/** How the watch stands, of which the disk has what a restart must know. */
export type AlarmNotebook = {
  state(): AlarmState
  /** Goes on from here. */
  turn(next: AlarmState): void
  /** Resolves when what was to be noted is. */
  saved(): Promise<void>
}

/** A full disk keeps nobody from being told. @throws InfraError disk-failed, when it cannot be read */
export const openAlarmNotebook = async (
  { disk, boot, clock }: Pick<Sys, 'clock' | 'disk' | 'boot'>,
  log: Log,
): Promise<AlarmNotebook> => {
  let state = resumed(await readJson<unknown>(disk, ALARM_FILE, null), { boot, now: clock.now().mono })
  let saving: Promise<void> = Promise.resolve()
  const save = (): Promise<void> =>
    writeJson(disk, ALARM_FILE, recordOf(state, boot)).catch((error: unknown) =>
      log('warn', 'could not note how the coordinator fares', { error: describeError(error) }),
    )
  return {
    state: () => state,
    turn(next) {
      const before = state.phase
      state = next
      if (isWorthNoting(before, next.phase)) saving = saving.then(save)
    },
    saved: () => saving,
  }
}
