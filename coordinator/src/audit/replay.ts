import { isDeepStrictEqual } from 'node:util'
import { fromRfc3339, monoMs } from '@infra-home/shared/clock.ts'
import type { Decision } from '../decide/decision.ts'
import type { Params } from '../decide/policy.ts'
import { settle } from '../decide/settle.ts'
import type { Entry } from '../world/input.ts'
import { reduce } from '../world/reduce.ts'
import { subjectsOf } from '../world/subjects-of.ts'
import type { World } from '../world/world.ts'

/** Where a replay and the journal part: what was decided then, and what these functions decide now. */
export type Difference = {
  readonly pos: number
  readonly recorded: Decision | null
  readonly replayed: Decision | null
}

/**
 * Feeds journal entries to the functions that decided when they were written, into `world` as it was before the first.
 * Returns the first difference, or null when every decision comes out the same.
 */
export const replay = (world: World, entries: readonly Entry[], params: Params): Difference | null => {
  let next = 0
  let difference: Difference | null = null
  const compare = (pos: number, decision: Decision): string => {
    const recorded = entries[next]
    if (recorded?.kind === 'decision' && isDeepStrictEqual(recorded.body, decision)) {
      next++
      return reduce(world, recorded)
    }
    difference ??= { pos, recorded: recorded?.kind === 'decision' ? recorded.body : null, replayed: decision }
    return ''
  }
  while (next < entries.length && !difference) {
    const input = entries[next++] as Entry
    if (input.kind === 'decision') return { pos: input.pos, recorded: input.body, replayed: null }
    const touched = reduce(world, input)
    const now = { wall: fromRfc3339(input.at), mono: monoMs(input.mono) }
    settle({ world, now, params }, subjectsOf(world, input, touched), {
      book() {},
      apply: (decision) => compare(input.pos, decision),
    })
  }
  return difference
}
