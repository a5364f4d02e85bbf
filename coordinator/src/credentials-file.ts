import { join } from 'node:path'

/** Where the nodes' hashed secrets lie. */
export const credentialsFile = (stateDir: string): string => join(stateDir, 'nodes.json')
