import type { Instant, MonoMs } from '@infra-home/shared/clock.ts'
import type { Touched } from '../world/reduce.ts'
import type { World } from '../world/world.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import type { Params } from './policy.ts'

/** How many rounds of decisions one entry may set off; more is a fault in a policy, not a situation. */
const MOST_ROUNDS = 50

/**
 * Decides about `subjects` and about whatever the decisions touch, until nothing more follows. `apply` takes each
 * decision into the world before the next is asked for, and says what it touched; `book` hears when to look again.
 */
export const settle = (
  look: { readonly world: World; readonly now: Instant; readonly params: Params },
  subjects: readonly Touched[],
  on: { apply(decision: Decision): Touched; book(subject: Touched, at: MonoMs | null): void },
): void => {
  let open: readonly Touched[] = subjects
  for (let round = 0; open.length > 0 && round < MOST_ROUNDS; round++) {
    const next = new Set<Touched>()
    for (const subject of open) {
      const { decisions, nextAt } = decide(look.world, subject, look.now, look.params)
      for (const decision of decisions) next.add(on.apply(decision))
      if (decisions.length > 0) next.add(subject)
      on.book(subject, nextAt)
    }
    open = [...next]
  }
}
