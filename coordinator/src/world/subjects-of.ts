import type { Entry } from './input.ts'
import type { Touched } from './reduce.ts'
import type { World } from './world.ts'

/** Whom to decide about after an entry that came from outside: what `reduce` says it touched, and whoever else it concerns. Pure. */
export const subjectsOf = (world: World, entry: Entry, touched: Touched): readonly Touched[] => {
  if (entry.kind === 'tick') return entry.body.subjects
  if (entry.kind !== 'request') return [touched]
  switch (entry.body.request) {
    case 'revoke-node':
    case 'forget-node':
      return [touched, entry.body.node] // its alerts are over
    case 'silence':
    case 'unsilence':
      return [touched, ...Object.keys(world.alertKeys)] // what is on is told from another time on
    default:
      return [touched]
  }
}
