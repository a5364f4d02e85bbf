import { resolve } from 'node:path'
import type { Clock } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { LoadedConfig } from '../config.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Store } from '../db/store.ts'
import type { Trust } from '../open-trust.ts'
import { type Backups, openBackups } from './backups.ts'

export type HouseBackupsOptions = {
  readonly loaded: LoadedConfig
  readonly clock: Clock
  readonly log: Log
  readonly store: Pick<Store, 'backup'>
  readonly trust: Pick<Trust, 'save'>
  readonly coordinator: Pick<Coordinator, 'world' | 'wish'>
}

/** Where backups lie; absolute. */
export const backupFolder = ({ config, stateDir }: LoadedConfig): string =>
  resolve(stateDir, config.backup?.folder ?? 'backups')

/** The backups that the configuration wants. */
export const openHouseBackups = (options: HouseBackupsOptions): Backups => {
  const { loaded, clock, log, store, trust, coordinator } = options
  const { keep = 7, copy } = loaded.config.backup ?? {}
  return openBackups({
    folder: backupFolder(loaded),
    keep,
    plan: copy ? { keep: 2, ...copy } : null,
    async backup(file) {
      await trust.save() // who was let in or sent away a moment ago is in it
      await store.backup(file)
    },
    world: coordinator.world,
    wish: coordinator.wish,
    clock,
    log,
  })
}
