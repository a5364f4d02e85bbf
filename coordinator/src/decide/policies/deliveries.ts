import type { MonoMs } from '@infra-home/shared/clock.ts'
import type { DeliveryFact } from '../../world/delivery.ts'
import type { DeliveryDecision } from '../decision.ts'
import { earliest, type Policy } from '../policy.ts'

/**
 * Sends what is owed. One message at a time goes to a channel; when several are due, as after an outage, they go as one.
 * What waits behind a failing message waits with it: order is kept, and one attempt costs one attempt.
 */
export const deliveries: Policy = {
  name: 'deliveries',
  scope: 'site',
  evenDeposed: true, // people are told what they are owed, and that we rule no more
  decide({ world, now }) {
    const channels = Map.groupBy(
      Object.values(world.deliveries).filter(({ status }) => status === 'due' || status === 'sending'),
      ({ channel }) => channel,
    )
    const decisions: DeliveryDecision[] = []
    let nextAt: MonoMs | null = null
    for (const [channel, owed] of channels) {
      if (owed.some(({ status }) => status === 'sending')) continue
      const at = readyAt(owed)
      if (at > now.mono) nextAt = earliest(nextAt, at)
      else decisions.push(send(channel, owed))
    }
    return { decisions, nextAt }
  },
}

/** What failed sets the pace of its channel. */
const readyAt = (owed: readonly DeliveryFact[]): MonoMs => {
  const failed = owed.filter(({ attempts }) => attempts > 0)
  const waiting = failed.length > 0 ? failed : owed
  return waiting.map(({ nextAt }) => nextAt).reduce((a, b) => (b > a ? b : a))
}

const send = (channel: string, owed: readonly DeliveryFact[]): DeliveryDecision => ({
  policy: 'deliveries',
  reason: owed.length > 1 ? 'coalesced' : owed.some(({ attempts }) => attempts > 0) ? 'retry' : 'due',
  channel,
  evidence: owed.map(({ by }) => by),
  follows: owed[0]?.by ?? null,
  steps: [{ kind: 'notify', channel, deliveries: owed.map(({ id }) => id) }],
})
