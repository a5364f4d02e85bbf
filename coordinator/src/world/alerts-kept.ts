import type { AlertFact } from './alert.ts'
import type { World } from './world.ts'

type Kept = Pick<World, 'alerts' | 'alertKeys'>

/** Takes an alert into the world, where its node finds it. */
export const keepAlert = ({ alerts, alertKeys }: Kept, alert: AlertFact): AlertFact => {
  if (!Object.hasOwn(alerts, alert.key)) (alertKeys[alert.node] ??= []).push(alert.key)
  alerts[alert.key] = alert
  return alert
}

/** Takes it out again; one that is not there does no harm. */
export const dropAlert = ({ alerts, alertKeys }: Kept, { key, node }: AlertFact): void => {
  delete alerts[key]
  const left = (alertKeys[node] ?? []).filter((other) => other !== key)
  if (left.length > 0) alertKeys[node] = left
  else delete alertKeys[node]
}

/** The alerts of one node: what this costs depends on how many it has, and not on how many there are. */
export const alertsOf = ({ alerts, alertKeys }: Kept, node: string): readonly AlertFact[] => {
  const keys = alertKeys[node]
  return keys === undefined ? NONE : keys.flatMap((key) => alerts[key] ?? [])
}

const NONE: readonly AlertFact[] = []
