import type { Rule } from '@infra-home/shared/messages/routes.ts'
import type { PortRange } from '../sys/reach.ts'
import { FAMILIES, type Family } from './families.ts'
import { hex, MARK_MASK, maskedMark } from './marks.ts'
import { CLOSING, RULES, tableOf } from './ours.ts'
import type { LedNetwork, RoutedUplink } from './plan.ts'

/** No network of a house is larger than 10.0.0.0/8; halves of the world are, by which a VPN makes itself the way out for new flows. */
const TOO_LARGE_TO_BE_NEAR = 7

/** Who goes by an uplink, and by which ports where its address is another's as well. Pure. */
export const rulesOf = (uplink: RoutedUplink, ports: PortRange | null): Rule[] => {
  const { index, networks } = uplink
  const action = `lookup ${tableOf(uplink)}`
  const mark = `fwmark ${maskedMark(uplink)}`
  return [
    ...networks.flatMap(({ family, address }) =>
      selectorsOf(address, family === 'ipv4' ? ports : null).map((selector) => ({
        family,
        priority: RULES.address + index,
        selector,
        action,
      })),
    ),
    // before what is near: another uplink may have a network of the same addresses
    ...networks.map(({ family, subnet }) => ({
      family,
      priority: RULES.device + index,
      selector: `from all to ${subnet} ${mark}`,
      action,
    })),
    ...FAMILIES.flatMap((family) => [
      { family, priority: RULES.device + index, selector: `from all oif ${uplink.interface}`, action },
      { family, priority: RULES.mark + index, selector: `from all ${mark}`, action },
    ]),
  ]
}

/** What is pinned finds what is near first. Pure. */
export const nearRule = (family: Family): Rule => ({
  family,
  priority: RULES.near,
  selector: `not from all fwmark 0/${hex(MARK_MASK)}`,
  action: `lookup main suppress_prefixlength ${TOO_LARGE_TO_BE_NEAR}`,
})

/** Nobody is led into the world by a default of somebody else's. Pure. */
export const closingRules = (family: Family): Rule[] => [
  {
    family,
    priority: CLOSING.main,
    selector: 'from all',
    action: 'lookup main suppress_prefixlength 0',
  },
  { family, priority: CLOSING.end, selector: 'from all', action: 'unreachable' },
]

/** In the families that the uplink has; in another one it goes where all go, and is judged there. Pure. */
export const ledRules = (
  { interface: device, by, families = FAMILIES }: LedNetwork,
  uplinks: readonly RoutedUplink[],
): Rule[] =>
  uplinks
    .filter(({ id }) => id === by)
    .flatMap((uplink) =>
      uplink.networks
        .filter(({ family }) => families.includes(family))
        .flatMap(({ family }) => [
          {
            family,
            priority: RULES.local,
            selector: `from all iif ${device}`,
            action: 'lookup main suppress_prefixlength 0',
          },
          {
            family,
            priority: RULES.led,
            selector: `from all iif ${device}`,
            action: `lookup ${tableOf(uplink)}`,
          },
        ]),
    )

const selectorsOf = (address: string, ports: PortRange | null): string[] =>
  ports
    ? ['udp', 'tcp'].map(
        (protocol) => `from ${address} ipproto ${protocol} sport ${ports.first}-${ports.last}`,
      )
    : [`from ${address}`]
