import { join } from 'node:path'

/** Where the journal and all that goes with it lies. */
export const databaseFile = (stateDir: string): string => join(stateDir, 'infra-home.db')
