import type { Address } from '@infra-home/shared/messages/link.ts'
import type { Host, HostInterface, Phone, Topology } from '@infra-home/shared/topology/schema.ts'
import type { SimulatedInterface, SimulatedMachine } from './machine.ts'

/** The machine of a host or phone of the plan, as it would be if everything were as planned. */
export const machineOf = (topology: Topology, node: Host | Phone): SimulatedMachine => {
  const interfaces =
    'interfaces' in node ? node.interfaces.map((nic, i) => planned(topology, nic, i)) : [phoneWifi(node)]
  const wireless = interfaces.find(({ kind }) => kind === 'wifi')
  return {
    hostname: node.name,
    interfaces,
    gateway: gatewayOf(topology, node),
    wifi: wireless ? { interface: wireless.name, ssid: 'home', signalDbm: -52 } : null,
    temperatureC: 48,
    load1: 0.2,
    memoryTotalBytes: 536_870_912,
    memoryAvailableBytes: 268_435_456,
    diskTotalBytes: 31_000_000_000,
    diskAvailableBytes: 22_000_000_000,
    underVoltage: false,
    battery: 'interfaces' in node ? null : { percent: 88, plugged: 'ac', charging: true, temperatureC: 29.5 },
  }
}

const MIFI = '192.168.8.1'

/** The router goes out by its MiFi; everybody else by the gateway of the plan. */
const gatewayOf = (topology: Topology, node: Host | Phone): SimulatedMachine['gateway'] => {
  if (!('interfaces' in node)) {
    const vlan = topology.vlans.find(({ id }) => id === node.vlan)
    return vlan ? { address: vlan.gateway, interface: 'wlan0' } : null
  }
  if (node.role === 'router') return { address: MIFI, interface: 'wlan0' }
  const nic = node.interfaces.find(({ gateway }) => gateway !== undefined)
  return nic?.gateway === undefined ? null : { address: nic.gateway, interface: nic.name }
}

const planned = (topology: Topology, nic: HostInterface, index: number): SimulatedInterface => ({
  name: nic.name,
  kind: nic.tagged ? 'vlan' : nic.name.startsWith('wl') ? 'wifi' : 'ethernet',
  mac: `dc:a6:32:00:00:${String(index).padStart(2, '0')}`,
  parent: nic.tagged ? (nic.name.split('.')[0] ?? null) : null,
  vlanId: nic.tagged ? nic.vlan : null,
  adminUp: true,
  carrier: true,
  carrierChanges: 1,
  addresses: addressesOf(topology, nic),
  rxBytes: 1_000_000,
  txBytes: 500_000,
})

const addressesOf = (topology: Topology, nic: HostInterface): Address[] => {
  const prefix = Number(topology.vlans.find(({ id }) => id === nic.vlan)?.subnet.split('/')[1] ?? 24)
  const given = nic.addresses.length === 0 && nic.dhcp ? ['192.168.8.100'] : nic.addresses
  return given.map((address) => ({
    address,
    prefix,
    family: address.includes(':') ? 'ipv6' : 'ipv4',
    scope: 'global',
  }))
}

const phoneWifi = (phone: Phone): SimulatedInterface => ({
  name: 'wlan0',
  kind: 'wifi',
  mac: '02:00:00:00:01:00',
  parent: null,
  vlanId: null,
  adminUp: true,
  carrier: true,
  carrierChanges: 1,
  addresses: [{ address: phone.address, prefix: 24, family: 'ipv4', scope: 'global' }],
  rxBytes: 1_000_000,
  txBytes: 500_000,
})
