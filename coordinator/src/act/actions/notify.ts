import { describeError } from '@infra-home/shared/errors.ts'
import { notificationOf } from '../../alerts/notification.ts'
import { failureOf } from '../../alerts/sending/delivery-failed.ts'
import { decisionOf } from '../../world/step.ts'
import type { Action } from '../act.ts'

/** Sends one message through a channel for one or more owed deliveries. */
export const notify: Action<'notify'> = {
  async run(step, means, id) {
    const channel = means.channels.get(step.channel)
    if (!channel)
      return { ok: false, error: `there is no channel ${step.channel} any more`, retryable: false }
    await means.written() // or whoever comes after a power cut tells it as if it were new
    const owed = step.deliveries.map((id) => means.world.deliveries[id]).filter((d) => d !== undefined)
    if (owed.length === 0) return { ok: true, answer: 'nothing was owed any more' }
    const notification = notificationOf(owed, means.world, means.clock.now())
    try {
      const errand = { id: decisionOf(id), command: means.command, publish: means.publish }
      const { answer } = await channel.send(notification, errand)
      return { ok: true, answer }
    } catch (error) {
      const failure = failureOf(error)
      if (failure === null) throw error
      const { retryable, retryAfter, unsent } = failure
      return {
        ok: false,
        error: describeError(error),
        retryable,
        ...(retryAfter !== null && { retryAfterMs: retryAfter }),
        ...(unsent && { unsent }),
      }
    }
  },
  afterRestart: ({ channel }, { channels }) =>
    channels.get(channel)?.isOnce
      ? 'again'
      : { ok: false, error: 'the coordinator was restarted', retryable: true, interrupted: true },
}
