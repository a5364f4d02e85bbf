import { elapsed, seconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { Notification } from '../../alerts/channels/channel.ts'
import { isOn } from '../../world/alert.ts'
import type { DeliveryFact } from '../../world/delivery.ts'
import type { Action, Means } from '../act.ts'

/** What took longer than this to get out says so. */
const LATE_AFTER = seconds(60)

/** Sends one message through a channel for one or more owed deliveries. */
export const notify: Action<'notify'> = {
  async run(step, means) {
    const channel = means.channels.get(step.channel)
    if (!channel)
      return { ok: false, error: `there is no channel ${step.channel} any more`, retryable: false }
    await means.written() // or whoever comes after a power cut tells it as if it were new
    const owed = step.deliveries.map((id) => means.world.deliveries[id]).filter((d) => d !== undefined)
    if (owed.length === 0) return { ok: true, answer: 'nothing was owed any more' }
    try {
      return { ok: true, answer: await channel.send(toNotification(owed, means)) }
    } catch (error) {
      if (!isInfraError(error, 'delivery-failed')) throw error
      return { ok: false, error: error.message, retryable: error.context['retryable'] !== false }
    }
  },
  afterRestart: () => ({
    ok: false,
    error: 'the coordinator was restarted',
    retryable: true,
    interrupted: true,
  }),
}

const toNotification = (owed: readonly DeliveryFact[], { clock, world }: Means): Notification => {
  const now = clock.now()
  const items = owed.map((delivery) => ({
    id: delivery.id,
    alertId: delivery.alertId,
    event: delivery.event,
    title: delivery.title,
    text: delivery.text,
    severity: delivery.severity,
    at: new Date(delivery.createdAt).toISOString(),
    late: elapsed(delivery.createdMono, now.mono) > LATE_AFTER,
    repeat: delivery.attempts > 0,
  }))
  return { site: world.site, items, stillFiring: Object.values(world.alerts).filter(isOn).length }
}
