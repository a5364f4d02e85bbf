import { linkUp } from '@infra-home/shared/messages/link.ts'
import type { Metric } from '@infra-home/shared/units.ts'
import { stateNow, troublesOf } from '../http/views/nodes.ts'
import { NODE_PRESENCES, type NodeWorld, stateOf, statesOf } from '../world/node.ts'
import { batteryEntities } from './battery-entities.ts'
import {
  choice,
  type Device,
  DIAGNOSTIC,
  type Entity,
  flag,
  idOf,
  megabytes,
  percent,
  rounded,
  sensor,
  words,
} from './entity.ts'
import { homeId, nodeId, type Scene } from './scene.ts'

/** Interfaces that people know; a container's come and go by the dozen. */
const SHOWN_LINKS: ReadonlySet<string> = new Set(['ethernet', 'wifi', 'cellular', 'tunnel'])

/** A node: whether it is there and well, its links, its VLANs and its machine. */
export const nodeDevice = (scene: Scene, node: NodeWorld): Device => {
  const presence = stateNow(scene.world, node, scene.now)
  return {
    id: nodeId(scene, node.name),
    name: node.name,
    model: modelOf(scene, node.name),
    version: node.birth?.agentVersion ?? null,
    via: homeId(scene),
    available: presence === 'online',
    entities: [
      flag('connected', 'Connected', presence === 'online', { device_class: 'connectivity', always: true }),
      choice(
        'presence',
        'Presence',
        { value: presence, options: NODE_PRESENCES },
        { ...DIAGNOSTIC, always: true },
      ),
      ...health(troublesOf(node, presence, scene.now)),
      ...machine(node),
      ...batteryEntities(node),
      ...networks(node),
    ],
  }
}

const modelOf = ({ topology }: Scene, name: string): string =>
  topology?.hosts.find((host) => host.name === name)?.model ??
  (topology?.phones.some((phone) => phone.name === name) ? 'phone' : 'node')

const health = (troubles: readonly string[]): Entity[] => [
  flag('problem', 'Problem', troubles.length > 0, { device_class: 'problem', always: true }),
  sensor('wrong', 'What is wrong', words(troubles.join(', ') || 'nothing'), { ...DIAGNOSTIC, always: true }),
]

const LOAD = { state_class: 'measurement', ...DIAGNOSTIC } as const
const SHARE = { unit_of_measurement: '%', ...LOAD } as const

const machine = (node: NodeWorld): Entity[] => {
  const numbers = node.numbers['host/host']?.values ?? {}
  const host = stateOf(node, 'host', 'host')?.body
  /** What a machine never tells is not shown as unknown for ever. */
  const told = (metric: Metric, make: () => Entity): Entity[] => (metric in numbers ? [make()] : [])
  const used = (total: number | null | undefined, available: number | null | undefined): number | null =>
    percent(typeof total === 'number' && typeof available === 'number' ? total - available : null, total)
  return [
    ...told('temperatureC', () =>
      sensor('temperature', 'Temperature', rounded(numbers.temperatureC), {
        device_class: 'temperature',
        unit_of_measurement: '°C',
        ...LOAD,
      }),
    ),
    ...told('memoryAvailableBytes', () =>
      sensor('memory', 'Memory used', used(numbers.memoryTotalBytes, numbers.memoryAvailableBytes), SHARE),
    ),
    ...told('diskAvailableBytes', () =>
      sensor('disk', 'Disk used', used(numbers.diskTotalBytes, numbers.diskAvailableBytes), SHARE),
    ),
    ...told('load1', () => sensor('load', 'Load', rounded(numbers.load1, 1), LOAD)),
    ...told('agentRssBytes', () =>
      sensor('agent_memory', 'Agent memory', megabytes(numbers.agentRssBytes), {
        device_class: 'data_size',
        unit_of_measurement: 'MB',
        ...LOAD,
      }),
    ),
    ...(host
      ? [
          flag('under_voltage', 'Under-voltage', host.underVoltage, {
            device_class: 'problem',
            ...DIAGNOSTIC,
          }),
          flag('throttled', 'Throttled', host.throttled, { device_class: 'problem', ...DIAGNOSTIC }),
        ]
      : []),
  ]
}

const networks = (node: NodeWorld): Entity[] => [
  ...statesOf(node, 'link')
    .filter(([, { body }]) => SHOWN_LINKS.has(body.kind))
    .map(([id, { body }]) =>
      flag(`link_${idOf(id)}`, `Link ${id}`, linkUp(body), { device_class: 'connectivity', ...DIAGNOSTIC }),
    ),
  ...statesOf(node, 'vlan').map(([id, { body }]) =>
    flag(`vlan_${idOf(id)}`, `VLAN ${body.vlanId} (${id})`, body.state === 'up', {
      device_class: 'connectivity',
      ...DIAGNOSTIC,
    }),
  ),
  ...statesOf(node, 'wifi').map(([id]) =>
    sensor(`wifi_${idOf(id)}`, `Wi-Fi signal ${id}`, node.numbers[`wifi/${id}`]?.values.signalDbm ?? null, {
      device_class: 'signal_strength',
      unit_of_measurement: 'dBm',
      ...LOAD,
    }),
  ),
]
