import { carries, type SimulatedInterface, type SimulatedMachine } from './machine.ts'

/** What `ip -j …` prints on the machine, in iproute2's own shape. */
export const showIp = (machine: SimulatedMachine, args: readonly string[]): string => {
  const words = args.filter((word) => !word.startsWith('-'))
  const six = args.includes('-6')
  switch (words[0]) {
    case 'addr':
      return JSON.stringify(interfacesOf(machine, words).map((nic) => showInterface(machine, nic)))
    case 'route':
      return JSON.stringify(six ? [] : showRoutes(machine))
    case 'rule':
      return JSON.stringify(RULES)
    default:
      return '[]'
  }
}

const RULES = [
  { priority: 0, src: 'all', table: 'local' },
  { priority: 32_766, src: 'all', table: 'main' },
  { priority: 32_767, src: 'all', table: 'default' },
]

const interfacesOf = ({ interfaces }: SimulatedMachine, words: readonly string[]): SimulatedInterface[] =>
  words.includes('vlan') ? interfaces.filter(({ vlanId }) => vlanId !== null) : interfaces

const showInterface = (machine: SimulatedMachine, nic: SimulatedInterface): object => {
  const up = nic.adminUp && carries(machine, nic)
  return {
    ifname: nic.name,
    ...(nic.parent === null ? {} : { link: nic.parent }),
    flags: ['BROADCAST', 'MULTICAST', ...(nic.adminUp ? ['UP'] : []), ...(up ? ['LOWER_UP'] : [])],
    mtu: 1500,
    operstate: up ? 'UP' : 'DOWN',
    link_type: 'ether',
    address: nic.mac,
    ...(nic.vlanId === null
      ? {}
      : { linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id: nic.vlanId } } }),
    addr_info: nic.addresses.map(({ address, prefix, family, scope }) => ({
      family: family === 'ipv6' ? 'inet6' : 'inet',
      local: address,
      prefixlen: prefix,
      scope,
    })),
  }
}

const showRoutes = ({ gateway }: SimulatedMachine): object[] =>
  gateway
    ? [{ dst: 'default', gateway: gateway.address, dev: gateway.interface, protocol: 'static', flags: [] }]
    : []
