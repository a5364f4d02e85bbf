import type { Contradiction, TopologyRule } from './check.ts'
import { interfacePlaces, sharing } from './places.ts'

/** Hosts and phones are nodes: they share one space of names. */
const nodeNames: TopologyRule = (topology) => {
  const named = [
    ...topology.hosts.map(({ name }, i) => ({ name, path: `/hosts/${i}/name` })),
    ...topology.phones.map(({ name }, i) => ({ name, path: `/phones/${i}/name` })),
  ]
  return sharing(named, ({ name }) => name).map(([first, again]) => ({
    code: 'name-twice',
    message: `two nodes are called ${again.name}`,
    culprits: [first.path, again.path],
  }))
}

/** The coordinator speaks and is told of under this name, whoever it runs on. */
const RESERVED = 'coordinator'

const reservedName: TopologyRule = ({ hosts, phones }) =>
  Object.entries({ hosts, phones }).flatMap(([list, nodes]) =>
    nodes.flatMap(({ name }, i): Contradiction[] =>
      name === RESERVED
        ? [
            {
              code: 'name-reserved',
              message: `a node is called ${RESERVED}, as the coordinator itself is: expected another name`,
              culprits: [`/${list}/${i}/name`, `/${list}/${i}/name`],
            },
          ]
        : [],
    ),
  )

const idsOf =
  (list: 'uplinks' | 'modems'): TopologyRule =>
  (topology) => {
    const places = topology[list].map(({ id }, i) => ({ id, path: `/${list}/${i}/id` }))
    return sharing(places, ({ id }) => id).map(([first, again]) => ({
      code: 'name-twice',
      message: `two ${list} are called ${again.id}`,
      culprits: [first.path, again.path],
    }))
  }

const vlanIds: TopologyRule = ({ vlans }) =>
  sharing([...vlans.entries()], ([, { id }]) => String(id)).map(([[i, first], [j, again]]) => ({
    code: 'vlan-id-twice',
    message: `${first.name} and ${again.name} both have VLAN id ${again.id}`,
    culprits: [`/vlans/${i}/id`, `/vlans/${j}/id`],
  }))

const vlanNames: TopologyRule = ({ vlans }) =>
  sharing([...vlans.entries()], ([, { name }]) => name).map(([[i], [j, again]]) => ({
    code: 'vlan-name-twice',
    message: `two VLANs are called ${again.name}`,
    culprits: [`/vlans/${i}/name`, `/vlans/${j}/name`],
  }))

const interfaceNames: TopologyRule = (topology) =>
  sharing(interfacePlaces(topology), ({ host, nic }) => `${host.name} ${nic.name}`).map(([first, again]) => ({
    code: 'interface-twice',
    message: `${again.host.name} has two interfaces ${again.nic.name}`,
    culprits: [`${first.path}/name`, `${again.path}/name`],
  }))

export const namingRules: readonly TopologyRule[] = [
  nodeNames,
  reservedName,
  idsOf('uplinks'),
  idsOf('modems'),
  vlanIds,
  vlanNames,
  interfaceNames,
]
