import type { Contradiction, TopologyRule } from './check.ts'
import { interfacePlaces, sharing } from './places.ts'
import type { Topology } from './schema.ts'
import { contains, type IpAddress, parseAddress, parseSubnet, type Subnet, sameAddress } from './subnet.ts'

type Target = {
  readonly uplink: string
  readonly address: string
  readonly path: string
  /** Where its uplink's name stands. */
  readonly of: string
}

/** What leads nowhere, or no further than the next box or operator: the IANA registry of special-purpose addresses (RFC 6890). */
const NOT_PUBLIC: readonly Subnet[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '224.0.0.0/3',
].flatMap((text) => parseSubnet(text) ?? [])

const targetsOf = ({ uplinks }: Topology): Target[][] =>
  uplinks.map(({ id, probe }, i) =>
    (probe?.targets ?? []).map((address, n) => ({
      uplink: id,
      address,
      path: `/uplinks/${i}/probe/targets/${n}`,
      of: `/uplinks/${i}/id`,
    })),
  )

/** Two questions to one that is down itself are one question. */
const twice: TopologyRule = (topology) =>
  targetsOf(topology).flatMap((targets) =>
    sharing(targets, ({ address }) => address).map(([first, again]): Contradiction => ({
      code: 'probe-target-twice',
      message: `uplink ${again.uplink} is to ask ${again.address} twice`,
      culprits: [first.path, again.path],
      expected: 'another target: one alone may be down itself',
    })),
  )

/** One that answers though the line leads nowhere hides that, and one that never answers says so of every line. */
const outside: TopologyRule = (topology) =>
  targetsOf(topology)
    .flat()
    .flatMap((target): Contradiction[] => {
      const parsed = parseAddress(target.address)
      const fault = parsed && (homeFault(topology, target, parsed) ?? publicFault(target, parsed))
      return fault ? [fault] : []
    })

const homeFault = (topology: Topology, target: Target, parsed: IpAddress): Contradiction | null => {
  const vlan = topology.vlans.findIndex(({ subnet }) => {
    const network = parseSubnet(subnet)
    return network !== null && contains(network, parsed)
  })
  const gateway = interfacePlaces(topology).find(
    ({ nic }) => nic.gateway !== undefined && sameAddress(nic.gateway, target.address),
  )
  const culprit = vlan >= 0 ? `/vlans/${vlan}/subnet` : gateway && `${gateway.path}/gateway`
  if (culprit === undefined) return null
  return {
    code: 'probe-target-at-home',
    message: `uplink ${target.uplink} is to ask ${target.address}, which is at home`,
    culprits: [target.path, culprit],
    expected: PUBLIC,
  }
}

const publicFault = ({ uplink, address, path, of }: Target, parsed: IpAddress): Contradiction | null =>
  NOT_PUBLIC.some((network) => contains(network, parsed))
    ? {
        code: 'probe-target-not-public',
        message: `uplink ${uplink} is to ask ${address}, which is not out in the world`,
        culprits: [path, of],
        expected: PUBLIC,
      }
    : null

const PUBLIC = 'a public IPv4 address, such as 9.9.9.9'

const pages: TopologyRule = ({ uplinks }) =>
  uplinks.flatMap(({ id, probe }, i): Contradiction[] => {
    const url = probe?.http?.url
    if (url === undefined || URL.canParse(url)) return []
    return [
      {
        code: 'probe-page-malformed',
        message: `uplink ${id} is to ask for ${JSON.stringify(url)}, which is no URL`,
        culprits: [`/uplinks/${i}/probe/http/url`, `/uplinks/${i}/id`],
        expected: 'an http:// URL with a path',
      },
    ]
  })

export const probeRules: readonly TopologyRule[] = [twice, outside, pages]
