import type { Contradiction, TopologyRule } from './check.ts'
import { type InterfacePlace, interfacePlaces, parentOf } from './places.ts'

/** A tagged interface hangs on an untagged one of its host, which carries its VLAN; its name says which. */
const carried: TopologyRule = (topology) =>
  interfacePlaces(topology).flatMap((place): Contradiction[] => {
    if (!place.nic.tagged) return []
    const fault = carryingFault(place)
    return fault ? [{ code: 'vlan-not-carried', ...fault }] : []
  })

const carryingFault = ({ host, nic, path }: InterfacePlace): Omit<Contradiction, 'code'> | null => {
  const who = `${host.name} ${nic.name}`
  const list = path.slice(0, path.lastIndexOf('/'))
  const parent = parentOf(nic.name)
  if (parent === null) {
    const message = `${who} is tagged, and its name does not say what it hangs on (as eth0.10 does)`
    return { message, culprits: [`${path}/name`, `${path}/tagged`] }
  }
  const index = host.interfaces.findIndex(({ name, tagged }) => name === parent && !tagged)
  const trunk = host.interfaces[index]
  if (!trunk) {
    const message = `${who} is tagged, and ${host.name} has no ${parent} that would carry it`
    return { message, culprits: [`${path}/name`, list] }
  }
  const id = nic.name.slice(parent.length + 1)
  if (nic.vlan === null || (/^\d+$/.test(id) && Number(id) !== nic.vlan)) {
    const message = `${who} is planned for VLAN ${nic.vlan ?? 'none'}`
    return { message, culprits: [`${path}/name`, `${path}/vlan`] }
  }
  if (!trunk.carries || trunk.carries.includes(nic.vlan)) return null
  const message = `${who} is in VLAN ${nic.vlan}, and ${host.name} ${parent} carries ${trunk.carries.join(', ') || 'none'}`
  return { message, culprits: [`${path}/vlan`, `${list}/${index}/carries`] }
}

const vlansKnown: TopologyRule = (topology) => {
  const known = new Set(topology.vlans.map(({ id }) => id))
  const places = [
    ...interfacePlaces(topology).map(({ host, nic, path }) => ({
      who: `${host.name} ${nic.name}`,
      vlan: nic.vlan,
      path: `${path}/vlan`,
    })),
    ...interfacePlaces(topology).flatMap(({ host, nic, path }) =>
      (nic.carries ?? []).map((vlan, i) => ({
        who: `${host.name} ${nic.name}`,
        vlan,
        path: `${path}/carries/${i}`,
      })),
    ),
    ...topology.phones.map(({ name, vlan }, i) => ({ who: name, vlan, path: `/phones/${i}/vlan` })),
  ]
  return places
    .filter(({ vlan }) => vlan !== null && !known.has(vlan))
    .map(({ who, vlan, path }) => ({
      code: 'vlan-unknown',
      message: `${who} is in VLAN ${vlan}, which is not planned`,
      culprits: [path, '/vlans'],
      expected: `one of ${[...known].join(', ') || 'none: no VLAN is planned'}`,
    }))
}

const rules: TopologyRule = ({ rules, vlans }) => {
  const known = new Set([...vlans.map(({ name }) => name), 'WAN', 'ROUTER'])
  return rules.flatMap((rule, i) =>
    (['from', 'to'] as const)
      .filter((side) => !known.has(rule[side]))
      .map((side) => ({
        code: 'rule-vlan-unknown' as const,
        message: `a rule speaks of ${rule[side]}, which is no VLAN (nor WAN nor ROUTER)`,
        culprits: [`/rules/${i}/${side}`, '/vlans'] as const,
        expected: `one of ${[...known].join(', ')}`,
      })),
  )
}

export const referenceRules: readonly TopologyRule[] = [carried, vlansKnown, rules]
