import type { Contradiction, TopologyRule } from './check.ts'
import { interfacePlaces } from './places.ts'

/** `eth0.10` hangs on `eth0` and carries VLAN 10. */
const carried: TopologyRule = (topology) =>
  interfacePlaces(topology).flatMap(({ host, nic, path }): Contradiction[] => {
    if (!nic.tagged) return []
    const [parent = '', id] = nic.name.split('.')
    const trunk = host.interfaces.find(({ name }) => name === parent)
    if (!trunk) {
      const message = `${host.name} ${nic.name} is tagged, and ${host.name} has no ${parent} that would carry it`
      return [
        {
          code: 'vlan-not-carried',
          message,
          culprits: [`${path}/name`, `${path.slice(0, path.lastIndexOf('/'))}`],
        },
      ]
    }
    if (id === undefined || Number(id) === nic.vlan) return []
    const message = `${host.name} ${nic.name} is planned for VLAN ${nic.vlan ?? 'none'}`
    return [{ code: 'vlan-not-carried', message, culprits: [`${path}/name`, `${path}/vlan`] }]
  })

const vlansKnown: TopologyRule = (topology) => {
  const known = new Set(topology.vlans.map(({ id }) => id))
  const places = [
    ...interfacePlaces(topology).map(({ host, nic, path }) => ({
      who: `${host.name} ${nic.name}`,
      vlan: nic.vlan,
      path: `${path}/vlan`,
    })),
    ...topology.phones.map(({ name, vlan }, i) => ({ who: name, vlan, path: `/phones/${i}/vlan` })),
  ]
  return places
    .filter(({ vlan }) => vlan !== null && !known.has(vlan))
    .map(({ who, vlan, path }) => ({
      code: 'vlan-unknown',
      message: `${who} is in VLAN ${vlan}, which is not planned`,
      culprits: [path, '/vlans'],
    }))
}

const uplinks: TopologyRule = ({ uplinks, hosts, phones }) =>
  uplinks.flatMap((uplink, i): Contradiction[] => {
    const at = `/uplinks/${i}`
    const index = hosts.findIndex(({ name }) => name === uplink.host)
    const host = hosts[index]
    if (!host)
      return [
        {
          code: 'uplink-host-unknown',
          message: `uplink ${uplink.id} is on ${uplink.host}, which is no host`,
          culprits: [`${at}/host`, '/hosts'],
        },
      ]
    if (uplink.phone !== undefined && !phones.some(({ name }) => name === uplink.phone))
      return [
        {
          code: 'uplink-phone-unknown',
          message: `uplink ${uplink.id} tethers ${uplink.phone}, which is no phone`,
          culprits: [`${at}/phone`, '/phones'],
        },
      ]
    // What a USB plug brings is not there until it is plugged in.
    const pluggable = uplink.kind === 'usb-modem' || uplink.kind === 'phone-tether'
    if (pluggable || host.interfaces.some(({ name }) => name === uplink.interface)) return []
    const message = `uplink ${uplink.id} is on ${host.name} ${uplink.interface}, which is not planned there`
    return [
      {
        code: 'uplink-interface-unknown',
        message,
        culprits: [`${at}/interface`, `/hosts/${index}/interfaces`],
      },
    ]
  })

const modems: TopologyRule = ({ modems, hosts, phones, uplinks }) =>
  modems.flatMap((modem, i): Contradiction[] => {
    const at = `/modems/${i}`
    if (![...hosts, ...phones].some(({ name }) => name === modem.host)) {
      const message = `modem ${modem.id} is read by ${modem.host}, which is no node`
      return [{ code: 'modem-host-unknown', message, culprits: [`${at}/host`, '/hosts'] }]
    }
    if (modem.uplink === undefined || uplinks.some(({ id }) => id === modem.uplink)) return []
    const message = `modem ${modem.id} serves uplink ${modem.uplink}, which is not planned`
    return [{ code: 'modem-uplink-unknown', message, culprits: [`${at}/uplink`, '/uplinks'] }]
  })

const rules: TopologyRule = ({ rules, vlans }) => {
  const known = new Set([...vlans.map(({ name }) => name), 'WAN', 'ROUTER'])
  return rules.flatMap((rule, i) =>
    (['from', 'to'] as const)
      .filter((side) => !known.has(rule[side]))
      .map((side) => ({
        code: 'rule-vlan-unknown' as const,
        message: `a rule speaks of ${rule[side]}, which is no VLAN (nor WAN nor ROUTER)`,
        culprits: [`/rules/${i}/${side}`, '/vlans'] as const,
      })),
  )
}

const openbao: TopologyRule = ({ openbao, hosts, phones }) => {
  if (!openbao) return []
  const unknown = openbao.nodes.flatMap((name, i): Contradiction[] => {
    if ([...hosts, ...phones].some((node) => node.name === name)) return []
    const message = `OpenBao is to run on ${name}, which is no node`
    return [{ code: 'openbao-node-unknown', message, culprits: [`/openbao/nodes/${i}`, '/hosts'] }]
  })
  if (openbao.threshold <= openbao.shares) return unknown
  const message = `${openbao.threshold} shares are needed of ${openbao.shares}`
  return [
    ...unknown,
    { code: 'openbao-threshold', message, culprits: ['/openbao/threshold', '/openbao/shares'] },
  ]
}

export const referenceRules: readonly TopologyRule[] = [carried, vlansKnown, uplinks, modems, rules, openbao]
