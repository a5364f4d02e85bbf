import type { WallMs } from '@infra-home/shared/clock.ts'
import type { World } from '../world/world.ts'

/**
 * Which channels refused for good what they were told last, in a sentence for people; null for none. What was refused before `since` may have been
 * mended by now: whoever changes a token starts the coordinator anew. Pure.
 */
export const channelRefusals = (
  names: readonly string[],
  { channels }: Pick<World, 'channels'>,
  since: WallMs,
): string | null => {
  const refusals = names.flatMap((name) => {
    const refusal = channels[name]?.refusal ?? null
    return refusal === null || refusal.at < since ? [] : [`${name} refuses what it is told: ${refusal.words}`]
  })
  return refusals.length === 0 ? null : refusals.join('; ')
}
