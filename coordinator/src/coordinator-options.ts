import type { Clock, DurationMs } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { WishBody } from '@infra-home/shared/messages/want.ts'
import type { MacKey } from '@infra-home/shared/seal/mac.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import type { Channel } from './alerts/channels/channel.ts'
import type { Bus, BusOptions } from './broker/bus.ts'
import type { Store } from './db/store.ts'
import type { Params } from './decide/policy.ts'
import type { SigningKeys } from './trust/signing-keys.ts'

/** All that a coordinator is made of, opened by whoever starts it. */
export type CoordinatorOptions = {
  readonly site: string
  readonly topology: Topology | null
  readonly version: string
  /** This machine's boot id and clock. */
  readonly boot: string
  readonly clock: Clock
  readonly store: Store
  readonly makeBus: (
    on: BusOptions,
    words: { readonly will: () => string; readonly greet: () => void },
  ) => Bus
  readonly signing: SigningKeys
  /** The key of a node's messages, both ways; null for one that is not enrolled. */
  readonly macKeyOf: (node: string) => MacKey | null
  /** True for a node that may speak at all. */
  readonly knows: (node: string) => boolean
  readonly channels: readonly Channel[]
  readonly params: Params
  readonly cadence: WishBody['cadence'] | null
  /** How often agents hear that the coordinator lives; once a minute unless it is given. */
  readonly heartbeat?: DurationMs
  readonly newId: (wall: number) => string
  readonly log: Log
}
