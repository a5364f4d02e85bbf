import type { Instant } from '@infra-home/shared/clock.ts'
import type { AlertFact } from './alert.ts'
import type { DeliveryFact } from './delivery.ts'
import { silencing } from './silence.ts'
import type { World } from './world.ts'

type House = Pick<World, 'alerts' | 'deliveries' | 'silences'>

/**
 * Lets go of what is owed and need not be told any more: reminders of what somebody has acknowledged, and all but the end of what is on while it is
 * silenced. Whoever so has heard nothing of an alert counts as not told: they hear of it when the silence is over, and not of its end before.
 */
export const spareOwed = (world: House, now: Instant): void => {
  for (const delivery of Object.values(world.deliveries)) {
    const alert = delivery.status === 'due' ? alertOf(world, delivery) : null
    if (!alert || !needNotBeTold(world, { delivery, alert }, now)) continue
    delivery.status = 'spared'
    if (!hasHeard(world, delivery))
      alert.told = (alert.told ?? []).filter((contact) => contact !== delivery.contact)
  }
}

/** The alert while it is there: what was over before keeps its beginning and its end. */
const alertOf = ({ alerts }: House, { alertKey, alertId }: DeliveryFact): AlertFact | null => {
  const alert = alertKey === null ? undefined : alerts[alertKey]
  return alert?.id === alertId ? alert : null
}

const needNotBeTold = (
  world: House,
  { delivery: { event }, alert }: { readonly delivery: DeliveryFact; readonly alert: AlertFact },
  { wall }: Instant,
): boolean =>
  (alert.acknowledged !== null && (event === 'escalated' || event === 'repeated')) ||
  (event !== 'resolved' && silencing(world, alert, wall) !== null)

/** Something about this alert has gone out to this contact, or is on its way. */
const hasHeard = ({ deliveries }: House, { contact, alertId }: DeliveryFact): boolean =>
  Object.values(deliveries).some(
    (other) => other.contact === contact && other.alertId === alertId && other.status !== 'spared',
  )
