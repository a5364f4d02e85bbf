import { InfraError } from '@infra-home/shared/errors.ts'
import { FAMILIES, type Family } from './families.ts'
import { hex, MARK_MASK, markOf, OTHERS_MARKS } from './marks.ts'
import type { RoutedUplink } from './plan.ts'

/** A network of the house and what it may do at somebody's cost. */
export type HouseNetwork = {
  /** As in names of counters: lower-case letters, digits and hyphens. */
  readonly id: string
  /** Behind which it lies. */
  readonly interface: string
  readonly subnets: readonly string[]
  /** Whether it may use an uplink that costs by the byte; `critical-only`: for what a house needs to work, and no more. */
  readonly metered: 'allow' | 'deny' | 'critical-only'
}

export type RulesetPlan = {
  readonly uplinks: readonly (RoutedUplink & { readonly metered: boolean })[]
  readonly networks: readonly HouseNetwork[]
}

/** Our own; what others have in theirs is none of our business. */
export const TABLE = 'infra_home'

/** Before the usual filters: who may not use an uplink is turned away whatever they say. */
const FORWARD_PRIORITY = 'filter - 10'

/**
 * The ruleset of a plan, as one transaction for nft: it replaces the table in one step, counters included. Each new flow is pinned to the uplink
 * by which it left, or came in, so that a move takes new flows alone; each uplink's flows are translated to its address; networks that may not cost
 * anything are refused where it would, whatever address they come from and in both families; and what comes back from beyond an uplink's
 * gateway is counted. Pure.
 * @throws InfraError config-invalid for a device that cannot be named
 */
export const rulesetOf = ({ uplinks, networks }: RulesetPlan): string => {
  const forward = uplinks.flatMap((uplink) => [...refusals(uplink, networks), ...accounts(uplink, networks)])
  const lines = [
    ...counterNames(uplinks, networks).map((name) => `counter ${name} { }`),
    ...chain('restore', 'type filter hook prerouting priority mangle', [...uplinks.map(greeting), RESTORE]),
    ...chain('restore-own', 'type route hook output priority mangle', [RESTORE]),
    ...chain(
      'turn-away',
      'type filter hook prerouting priority dstnat + 10',
      networks.flatMap(({ subnets }) => subnets.filter((one) => familyWord(one) === 'ip6').map(turningAway)),
    ),
    ...chain('forward', `type filter hook forward priority ${FORWARD_PRIORITY}`, forward),
    ...chain(
      'own-in',
      `type filter hook input priority ${FORWARD_PRIORITY}`,
      uplinks.flatMap((one) => [answers(one), ownBytes('iifname', one)]),
    ),
    ...chain(
      'own-out',
      `type filter hook output priority ${FORWARD_PRIORITY}`,
      uplinks.flatMap((one) => [questions(one), ownBytes('oifname', one)]),
    ),
    ...chain('pin', 'type filter hook postrouting priority mangle', uplinks.map(pinning)),
    ...chain('translate', 'type nat hook postrouting priority srcnat', uplinks.map(translation)),
  ]
  return [
    `table inet ${TABLE}`,
    `delete table inet ${TABLE}`,
    `table inet ${TABLE} {`,
    ...lines.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n')
}

const RESTORE = `ct mark & ${hex(MARK_MASK)} != 0 meta mark set ct mark & ${hex(MARK_MASK)}`

const chain = (name: string, hook: string, rules: readonly string[]): string[] => [
  `chain ${name} {`,
  `  ${hook}; policy accept;`,
  ...rules.map((rule) => `  ${rule}`),
  '}',
]

/** The kernel lets a device be called anything without a slash or a space, and nft has no way to write a quote. */
const quoted = (text: string): string => {
  if (!text.includes('"')) return `"${text}"`
  throw new InfraError('config-invalid', `${text}: no ruleset can name a device with a quote in its name`)
}

/** Names of counters: packets that leave, and that come back from beyond the gateway; questions for names, those of a resolver on this machine among them, and their answers; connections to the web that were begun; and what each network used, both ways. */
export const sent = (id: string): string => `sent-${id}`
export const received = (id: string): string => `received-${id}`
export const namesAsked = (id: string): string => `names-asked-${id}`
export const namesAnswered = (id: string): string => `names-answered-${id}`
export const opened = (id: string): string => `opened-${id}`
export const used = (uplink: string, network: string): string => `used-${uplink}-${network}`
/** What the machine itself says and hears, beside the networks of the house. */
export const ROUTER = 'router'
/** Whoever is led into the world and is in no network of the plan: containers, guests of a VPN. */
export const OTHERS = 'others'
const refused = (uplink: string, network: string): string => `refused-${uplink}-${network}`
const isRefused = ({ metered }: { readonly metered: boolean }, network: HouseNetwork): boolean =>
  metered && network.metered !== 'allow'

const counterNames = (uplinks: RulesetPlan['uplinks'], networks: readonly HouseNetwork[]): string[] =>
  uplinks.flatMap((uplink) => [
    sent(uplink.id),
    received(uplink.id),
    namesAsked(uplink.id),
    namesAnswered(uplink.id),
    opened(uplink.id),
    used(uplink.id, ROUTER),
    used(uplink.id, OTHERS),
    ...networks.map(({ id }) => used(uplink.id, id)),
    ...networks.filter((network) => isRefused(uplink, network)).map(({ id }) => refused(uplink.id, id)),
  ])

const saddr = (subnet: string): string => `${familyWord(subnet)} saddr ${subnet}`
const familyWord = (subnet: string): 'ip' | 'ip6' => (subnet.includes(':') ? 'ip6' : 'ip')

const refusals = (uplink: RulesetPlan['uplinks'][number], networks: readonly HouseNetwork[]): string[] =>
  networks
    .filter((network) => isRefused(uplink, network))
    .flatMap(({ id, interface: device, subnets, metered }) =>
      [`iifname ${quoted(device)}`, ...subnets.map(saddr)].flatMap((whose) =>
        (metered === 'deny' ? [''] : NOT_CRITICAL).map(
          (what) =>
            `oifname ${quoted(uplink.interface)} ${whose} ${what}counter name ${quoted(refused(uplink.id, id))} ${REFUSAL}`,
        ),
      ),
    )

/** So that programs know at once, and people can tell it from a host that is not there (RFC 1812 §5.2.7.1, RFC 4443 §3.1). */
const REFUSAL = 'reject with icmpx type admin-prohibited'

/** Names, time, ICMP and calls over Wi-Fi (IKE and its NAT traversal, RFC 7296 §2.23) are critical. */
const NOT_CRITICAL = [
  'meta l4proto { tcp, udp } th dport != { 53, 123, 500, 4500 } ',
  'meta l4proto != { tcp, udp, icmp, ipv6-icmp } ',
]

/** What the gateway itself says, ARP and ICMP, proves nothing: only established flows from beyond its own network count. */
const accounts = (
  { id, interface: device, networks }: RoutedUplink,
  house: readonly HouseNetwork[],
): string[] => [
  ...house.flatMap((network) =>
    network.subnets.flatMap((subnet) => [
      `oifname ${quoted(device)} ${familyWord(subnet)} saddr ${subnet} counter name ${quoted(used(id, network.id))}`,
      `iifname ${quoted(device)} ${familyWord(subnet)} daddr ${subnet} counter name ${quoted(used(id, network.id))}`,
    ]),
  ),
  ...FAMILIES.flatMap((family) => {
    const others = `counter name ${quoted(used(id, OTHERS))}`
    return [
      `oifname ${quoted(device)} ${outside(family, 'saddr', house)}${others}`,
      `iifname ${quoted(device)} ${outside(family, 'daddr', house)}${others}`,
    ]
  }),
  `oifname ${quoted(device)} counter name ${quoted(sent(id))}`,
  questions({ id, interface: device }),
  answers({ id, interface: device }),
  `oifname ${quoted(device)} ct state new meta l4proto { tcp, udp } th dport { 80, 443 } counter name ${quoted(opened(id))}`,
  ...networks.map(({ subnet }) => {
    const word = familyWord(subnet)
    return `iifname ${quoted(device)} ct state established ${word} saddr != ${subnet} counter name ${quoted(received(id))}`
  }),
]

/** In no network of the house: one word for each, since a set takes no two that overlap. */
const outside = (family: Family, whose: 'saddr' | 'daddr', house: readonly HouseNetwork[]): string => {
  const word = family === 'ipv4' ? 'ip' : 'ip6'
  const subnets = house.flatMap((network) => network.subnets).filter((one) => familyWord(one) === word)
  return [`meta nfproto ${family} `, ...subnets.map((one) => `${word} ${whose} != ${one} `)].join('')
}

type Named = Pick<RoutedUplink, 'id' | 'interface'>

const ownBytes = (way: 'iifname' | 'oifname', { id, interface: device }: Named): string =>
  `${way} ${quoted(device)} counter name ${quoted(used(id, ROUTER))}`

const questions = ({ id, interface: device }: Named): string =>
  `oifname ${quoted(device)} meta l4proto { tcp, udp } th dport 53 counter name ${quoted(namesAsked(id))}`

const answers = ({ id, interface: device }: Named): string =>
  `iifname ${quoted(device)} meta l4proto { tcp, udp } th sport 53 counter name ${quoted(namesAnswered(id))}`

const pinTo = (uplink: RoutedUplink): string =>
  `ct mark set ct mark & ${hex(OTHERS_MARKS)} | ${hex(markOf(uplink))}`

const pinning = (uplink: RoutedUplink): string =>
  `oifname ${quoted(uplink.interface)} ct mark & ${hex(MARK_MASK)} == 0 ${pinTo(uplink)}`

/** Who comes in from the world is answered by the way by which he came. */
const greeting = (uplink: RoutedUplink): string =>
  `iifname ${quoted(uplink.interface)} ct state new ${pinTo(uplink)}`

/**
 * Connections over IPv6 that lead nowhere are ended by a reset: the kernel's own word is no end to one that is established (RFC 1122 §4.2.3.9), and no more
 * than one a second to a host. What is pinned is left alone: its uplink may be back in a moment.
 */
const turningAway = (subnet: string): string =>
  `${saddr(subnet)} meta l4proto tcp meta mark & ${hex(MARK_MASK)} == 0 fib daddr . mark . iif type unreachable reject with tcp reset`

const translation = ({ interface: device }: RoutedUplink): string => `oifname ${quoted(device)} masquerade`
