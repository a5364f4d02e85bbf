import { elapsed, seconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { Notification } from '../../alerts/channels/channel.ts'
import { isOn } from '../../world/alert.ts'
import type { DeliveryFact } from '../../world/delivery.ts'
import { decisionOf } from '../../world/step.ts'
import type { Action, Means } from '../act.ts'

/** What took longer than this to get out says so. */
const LATE_AFTER = seconds(60)

/** Sends one message through a channel for one or more owed deliveries. */
export const notify: Action<'notify'> = {
  async run(step, means, id) {
    const channel = means.channels.get(step.channel)
    if (!channel)
      return { ok: false, error: `there is no channel ${step.channel} any more`, retryable: false }
    const owed = step.deliveries.map((id) => means.world.deliveries[id]).filter((d) => d !== undefined)
    if (owed.length === 0) return { ok: true, answer: 'nothing was owed any more' }
    try {
      const errand = { id: decisionOf(id), command: means.command }
      return { ok: true, answer: await channel.send(toNotification(owed, means), errand) }
    } catch (error) {
      if (!isInfraError(error, 'delivery-failed')) throw error
      const { retryable, unsent } = error.context
      const failed = { ok: false, error: error.message, retryable: retryable !== false } as const
      return unsent === true ? { ...failed, unsent } : failed
    }
  },
  afterRestart: ({ channel }, { channels }) =>
    channels.get(channel)?.isOnce
      ? 'again'
      : { ok: false, error: 'the coordinator was restarted', retryable: true },
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
    repeat: delivery.isInDoubt,
  }))
  return { site: world.site, items, stillFiring: Object.values(world.alerts).filter(isOn).length }
}
