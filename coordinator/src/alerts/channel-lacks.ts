import type { CoordinatorConfig } from '../config-schema.ts'
import type { World } from '../world/world.ts'
import { CHANNEL_KINDS } from './channels.gen.ts'

/** What the configured channels lack in this house, in a sentence for people; null when nothing is known to be missing. Pure. */
export const channelLacks = (
  { channels = [] }: Pick<CoordinatorConfig, 'channels'>,
  world: Pick<World, 'nodes'>,
): string | null => {
  const lacks = channels.flatMap((channel) => {
    const kind = CHANNEL_KINDS.find((one) => one.kind === channel.kind)
    const lack = kind?.lackOf?.(channel as never, world) ?? null
    return lack === null ? [] : [`${channel.name}: ${lack}`]
  })
  return lacks.length === 0 ? null : lacks.join('; ')
}
