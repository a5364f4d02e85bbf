import type { Counters } from './counters.ts'
import type { Entry } from './world/input.ts'
import type { World } from './world/world.ts'

/** By channel and result, so that /metrics tells the channel that fails from those that do not. */
export const countDelivery = (entry: Entry, { steps }: World, counters: Counters): void => {
  if (entry.kind !== 'step-finished') return
  const step = steps[entry.body.id]?.step
  if (step?.kind === 'notify')
    counters.add('deliveries', `${step.channel} ${entry.body.outcome.ok ? 'sent' : 'failed'}`)
}
