import type { Credentials } from './broker/credentials.ts'
import type { CoordinatorConfig } from './config-schema.ts'
import type { Coordinator } from './coordinator.ts'
import { newIds } from './new-ids.ts'
import type { Trust } from './open-trust.ts'
import { addressesOf } from './places.ts'
import type { Desk } from './trust/desk.ts'
import type { SigningKeys } from './trust/signing-keys.ts'

export type DeskNeeds = {
  readonly config: CoordinatorConfig
  readonly coordinator: Pick<Coordinator, 'ask' | 'bus'>
  readonly credentials: Pick<Credentials, 'remove'>
  readonly signing: Pick<SigningKeys, 'current'>
  /** Of the API, once it listens. */
  readonly httpPort: () => number
}

/** The desk of a running coordinator: what happens at it is journalled, and cuts sessions at the broker. */
export const openDesk = (trust: Trust, needs: DeskNeeds): Desk => {
  const { config, coordinator, credentials, signing, httpPort } = needs
  const { bus } = coordinator
  return trust.desk({
    signingKeys: () => signing.current(),
    record: (request) => coordinator.ask(request),
    newId: newIds(),
    addresses: () => addressesOf(config, { http: httpPort, mqtt: () => bus.securePort ?? null }),
    removeSecret(node) {
      const removed = credentials.remove(node)
      if (removed) bus.cut?.(node)
      return removed
    },
  })
}

/** What is not as it should be, by the configuration itself. */
export const warningsOf = ({ insecureHttp }: CoordinatorConfig): readonly string[] =>
  insecureHttp ? ['insecureHttp is set: the API answers plain HTTP from other machines, tokens and all'] : []
