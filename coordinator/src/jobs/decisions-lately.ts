import type { WallMs } from '@infra-home/shared/clock.ts'
import type { Store } from '../db/store.ts'
import type { Decision } from '../decide/decision.ts'
import type { Entry } from '../world/input.ts'

/** Read at once: enough to be quick, few enough to be kept in memory. */
const PAGE = 1000

export type DecisionEntry = Extract<Entry, { kind: 'decision' }>

/** All decisions since `since` that are `wanted`, oldest first, however many others were taken meanwhile. @throws InfraError */
export const decisionsLately = async (
  store: Pick<Store, 'entries'>,
  since: WallMs,
  wanted: (decision: Decision) => boolean,
): Promise<readonly DecisionEntry[]> => {
  const found: DecisionEntry[] = []
  let before = Number.MAX_SAFE_INTEGER
  for (;;) {
    const page = await store.entries({ kinds: ['decision'], before, limit: PAGE, newestFirst: true })
    const lately = page.filter((entry) => Date.parse(entry.at) >= since) as DecisionEntry[]
    found.push(...lately.filter(({ body }) => wanted(body)))
    const last = page.at(-1)
    if (!last || page.length < PAGE || lately.length === 0) return found.reverse()
    before = last.pos
  }
}
