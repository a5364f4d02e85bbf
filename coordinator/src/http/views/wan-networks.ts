import { isAlive } from '@infra-home/shared/wan/path.ts'
import type { WanPlan } from '../../decide/wan-plan.ts'
import type { World } from '../../world/world.ts'

/**
 * What becomes of the networks that may not cost anything while traffic goes out by `uplink`: where that is metered, an unmetered one that lives leads
 * them, or nobody does. Pure.
 */
export const networksMeanwhile = (
  { wan }: Pick<World, 'wan'>,
  plan: Pick<WanPlan, 'uplinks' | 'networks'> | null,
  uplink: string | null,
) => {
  const { uplinks = [], networks = [] } = plan ?? {}
  const isMetered = uplinks.some(({ id, metered }) => id === uplink && metered)
  const [leader] = uplinks
    .filter(({ id, metered }) => !metered && isAlive(wan.state.uplinks[id] ?? { state: 'unknown' }))
    .sort((a, b) => a.priority - b.priority)
  const those = (may: WanPlan['networks'][number]['metered']): string[] =>
    isMetered ? networks.filter(({ metered }) => metered === may).map(({ id }) => id) : []
  const [denied, limited] = [those('deny'), those('critical-only')]
  return leader
    ? {
        ledBy: isMetered ? leader.id : null,
        ledNetworks: [...denied, ...limited],
        refusedNetworks: [],
        limitedNetworks: [],
      }
    : { ledBy: null, ledNetworks: [], refusedNetworks: denied, limitedNetworks: limited }
}
export type NetworksMeanwhile = ReturnType<typeof networksMeanwhile>

/** The same in words, a line each. */
export const networksLines = ({
  ledBy,
  ledNetworks,
  refusedNetworks,
  limitedNetworks,
}: NetworksMeanwhile): string[] => [
  ...about(ledNetworks, `out by ${ledBy ?? 'nothing'} meanwhile, which is not metered`),
  ...about(refusedNetworks, 'no way out meanwhile'),
  ...about(limitedNetworks, 'nothing but names, time, ping and IPsec meanwhile'),
]

const about = (networks: readonly string[], what: string): string[] =>
  networks.length === 0 ? [] : [`${networks.join(', ')}: ${what}`]
