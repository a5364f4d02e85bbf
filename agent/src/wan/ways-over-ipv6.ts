import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import { type Facts, hasIpv6 } from './uplink-facts.ts'

/** By whom IPv6 leads anywhere. */
export type WaysOverIpv6 = { readonly byActive: boolean; readonly byOther: boolean }

/** Pure. */
export const waysOverIpv6 = (
  active: string | null,
  facts: Facts,
  {
    isDead,
    isDead6,
  }: { readonly isDead: (uplink: string) => boolean; readonly isDead6: (uplink: string) => boolean },
): WaysOverIpv6 => {
  const ways = [...facts].filter(([id, found]) => hasIpv6(found) && !isDead6(id)).map(([id]) => id)
  return {
    byActive: ways.some((id) => id === active),
    byOther: ways.some((id) => id !== active && !isDead(id)),
  }
}

/** Whether both the house and an uplink have IPv6. Pure. */
export const isMeantForIpv6 = ({ networks }: Pick<WanWish, 'networks'>, facts: Facts): boolean =>
  networks.some(({ subnets }) => subnets.some((subnet) => subnet.includes(':'))) &&
  [...facts.values()].some(hasIpv6)
