import { rfc3339 } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { databaseFile } from './database-file.ts'
import { setAside } from './db/set-aside.ts'
import type { Store } from './db/store.ts'
import { openStoreInWorker } from './db/worker/client.ts'
import type { RunOptions } from './run.ts'

/** Opens the database; a corrupt one is put aside, loudly, and a new one begun: the house is not left without a mind. */
export const openStore = async ({ loaded, clock, log, storeWorker }: RunOptions): Promise<Store> => {
  const path = databaseFile(loaded.stateDir)
  const open = (): Promise<Store> =>
    openStoreInWorker({ path, workerUrl: storeWorker, ...loaded.config.store })
  try {
    return await open()
  } catch (error) {
    if (!isInfraError(error, 'store-corrupt')) throw error
    const aside = setAside(path, rfc3339(clock.now().wall).replaceAll(':', '-'))
    log('error', 'the database was corrupt and is put aside; beginning a new one', {
      aside,
      error: error.message,
    })
    return open()
  }
}
