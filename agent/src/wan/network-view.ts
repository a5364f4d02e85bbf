import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import type { Routing } from '../router/plan.ts'
import type { Sys } from '../sys/sys.ts'
import { lookAtNetwork } from './look-at-network.ts'
import { type Facts, factsOf } from './uplink-facts.ts'
import type { UplinkNumbers } from './uplink-numbers.ts'

type Seen = Awaited<ReturnType<typeof lookAtNetwork>>

/** What was last seen of this machine's network. */
export type NetworkView = {
  /** @throws InfraError exec-failed, exec-timeout, parse-failed */
  look(): Promise<void>
  /** Rules and routes are others since. */
  changed(to: Routing): void
  seen(): Seen
  /** The same by uplink. */
  facts(): Facts
}

export const openNetworkView = ({
  sys,
  wish,
  numbers,
}: {
  readonly sys: Pick<Sys, 'exec'>
  readonly wish: Pick<WanWish, 'uplinks'>
  readonly numbers: UplinkNumbers
}): NetworkView => {
  let seen: Seen = { interfaces: [], neighbours: [], routes: [], rules: [] }
  let facts: Facts = new Map()
  return {
    async look() {
      seen = await lookAtNetwork(sys)
      facts = new Map(
        wish.uplinks.map((one) => [one.id, factsOf({ ...one, index: numbers[one.id] ?? 0 }, seen)]),
      )
    },
    changed: ({ rules, routes }) => void (seen = { ...seen, rules, routes }),
    seen: () => seen,
    facts: () => facts,
  }
}
