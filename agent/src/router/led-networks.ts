import type { LedNetwork } from './plan.ts'
import type { HouseNetwork } from './ruleset.ts'

/** An uplink as this choice sees it. */
export type LeadingUplink = {
  readonly id: string
  readonly metered: boolean
  /** Lower is better. */
  readonly priority: number
  /** Whether something comes back over it, as far as is known now. */
  readonly isAlive: boolean
}

/**
 * The networks that may not use the uplink in use as they like, and what they are led by in place of it: the best one that costs nothing and lives.
 * All their traffic, what is critical too, so that a network has one way out. None where nothing but what costs is left: then the ruleset
 * refuses them, and takes what is critical where that is allowed. Pure.
 */
export const ledNetworks = (
  {
    uplinks,
    networks,
  }: { readonly uplinks: readonly LeadingUplink[]; readonly networks: readonly HouseNetwork[] },
  active: string | null,
): readonly LedNetwork[] => {
  if (!uplinks.some(({ id, metered }) => id === active && metered)) return []
  const [best] = uplinks
    .filter(({ metered, isAlive }) => isAlive && !metered)
    .toSorted((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1))
  if (!best) return []
  return networks
    .filter(({ metered }) => metered !== 'allow')
    .map((network) => ({ interface: network.interface, by: best.id }))
}
