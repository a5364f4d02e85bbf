import type { StateKey } from '@infra-home/shared/messages/states.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import type { Publisher } from '../publisher.ts'
import type { Hands } from './lease.ts'
import type { RouterHands } from './router-hands.ts'
import type { UplinkWatch } from './uplink-watch.ts'

export type SayWan = {
  /** Says all paths, the one in use last, and returns them in that order. */
  paths(): readonly (readonly [uplink: string, path: UplinkPathState])[]
  router(): void
  numbers(): void
}

/** What a router's agent tells of its uplinks. */
export const sayWan = ({
  publisher,
  watches,
  hands,
  steward,
}: {
  readonly publisher: Pick<Publisher, 'states' | 'numbers'>
  readonly watches: ReadonlyMap<string, UplinkWatch>
  readonly hands: Pick<RouterHands, 'active' | 'fault'>
  readonly steward: () => Hands
}): SayWan => ({
  paths() {
    const paths = [...watches].map(([id, watch]) => [id, watch.path()] as const)
    const others = paths.filter(([id]) => id !== hands.active())
    const ordered = [...others, ...paths.filter(([id]) => id === hands.active())]
    const states = ordered.map(([id, body]) => ({ kind: 'path', id, body }) as const)
    publisher.states({ states, numbers: {}, whole: ['path'] })
    return ordered
  },
  router() {
    const { holder, term } = steward()
    const body = { active: hands.active(), holder, term, fault: hands.fault() }
    publisher.states({ states: [{ kind: 'wan', id: 'main', body }], numbers: {}, whole: [] })
  },
  numbers() {
    const numbers: Record<StateKey, Numbers> = {}
    for (const [id, watch] of watches) numbers[`path/${id}`] = watch.numbers()
    publisher.numbers(numbers)
  },
})
