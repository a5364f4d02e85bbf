import type { AlertFact } from './alert.ts'
import type { World } from './world.ts'

/** The alert that says that no way out of the house is left. */
export const LINE = 'wan-down'

/** Whether it says so now; on its way out it no longer does. */
export const isBroken = ({ stage }: Pick<AlertFact, 'stage'>): boolean =>
  stage === 'pending' || stage === 'firing'

/** Whether nothing leads to the internet, as far as is known. Pure. */
export const isOffline = ({ alerts }: Pick<World, 'alerts'>): boolean =>
  Object.values(alerts).some((alert) => alert.code === LINE && isBroken(alert))
