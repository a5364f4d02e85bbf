import { channelLacks } from '../alerts/channel-lacks.ts'
import { channelRefusals } from '../alerts/channel-refusals.ts'
import type { CoordinatorConfig } from '../config-schema.ts'
import type { Coordinator } from '../coordinator.ts'

/** Says what is wrong with the ways to people: what they lack, and what has been refused since now; null when nothing is. */
export const channelFaults = (
  { channels = [] }: Pick<CoordinatorConfig, 'channels'>,
  { world, clock }: Pick<Coordinator, 'world' | 'clock'>,
): (() => string | null) => {
  const since = clock.now().wall
  const names = channels.map(({ name }) => name)
  return () => {
    const faults = [channelLacks({ channels }, world), channelRefusals(names, world, since)]
    return faults.filter((fault) => fault !== null).join('; ') || null
  }
}
