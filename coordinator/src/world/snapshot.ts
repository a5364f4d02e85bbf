import type { ClockMark } from '../site-clock.ts'
import type { World } from './world.ts'

/** Goes up when the world's shape changes: an older snapshot is then made anew from the journal. */
export const SNAPSHOT_VERSION = 11

export type Snapshot = { readonly version: number; readonly world: World; readonly clock: ClockMark | null }
