import type { HostState } from '@infra-home/shared/messages/host.ts'
import type { Metric } from '@infra-home/shared/units.ts'
import { type NodeWorld, stateOf } from '../../world/node.ts'
import { type Family, gauge, samplesOf } from './family.ts'
import type { MetricsScene } from './scene.ts'

const NODE = ['node'] as const
const named = ({ name }: NodeWorld): string[] => [name]

/** A number of the machine itself, of every node that is here. */
const host = (name: string, help: string, metric: Metric): Family =>
  gauge(name, help, NODE, ({ here }) =>
    samplesOf(here, named, ({ numbers }) => numbers['host/host']?.values[metric]),
  )

/** A number of the battery, of every node that is here and has one. */
const battery = (name: string, help: string, metric: Metric): Family =>
  gauge(name, help, NODE, ({ here }) =>
    samplesOf(here, named, ({ numbers }) => numbers['battery/own']?.values[metric]),
  )

/** Something that is true or false of a machine. */
const yesNo = (name: string, help: string, pick: (state: HostState) => boolean | null): Family =>
  gauge(name, help, NODE, ({ here }) =>
    samplesOf(here, named, (node) => {
      const fact = stateOf(node, 'host', 'host')
      return fact && pick(fact.body)
    }),
  )

const ofEach = ({ nodes }: MetricsScene, value: (of: MetricsScene['nodes'][number]) => number | null) =>
  samplesOf(nodes, ({ node }) => named(node), value)

/** Whether nodes are there, and how their machines and agents are. */
export const NODE_FAMILIES: readonly Family[] = [
  gauge('node_up', 'Whether the node is online.', NODE, (scene) =>
    ofEach(scene, ({ state }) => (state === 'online' ? 1 : 0)),
  ),
  gauge(
    'node_info',
    'How the node stands, and the version of its agent.',
    ['node', 'state', 'version'],
    (scene) =>
      samplesOf(
        scene.nodes,
        ({ node, state }) => [node.name, state, node.birth?.agentVersion ?? ''],
        () => 1,
      ),
  ),
  gauge('node_last_heard_timestamp_seconds', 'When the node was heard last.', NODE, (scene) =>
    ofEach(scene, ({ node }) => (node.lastSeen ? node.lastSeen.wall / 1000 : null)),
  ),
  gauge(
    'node_clock_offset_seconds',
    'How far the wall clock of the node is ahead of the coordinator’s.',
    NODE,
    ({ here }) => samplesOf(here, named, ({ clock }) => clock && clock.offsetMs / 1000),
  ),
  yesNo(
    'node_clock_synchronised',
    'Whether the node says that its clock is synchronised.',
    (state) => state.clockSynchronised,
  ),
  battery('node_battery_percent', 'How much of its charge the battery of the node has.', 'batteryPercent'),
  battery('node_battery_temperature_celsius', 'How hot the battery of the node is.', 'temperatureC'),
  gauge('node_battery_charging', 'Whether the battery of the node is being charged.', NODE, ({ here }) =>
    samplesOf(here, named, (node) => stateOf(node, 'battery', 'own')?.body.charging ?? null),
  ),
  yesNo(
    'node_under_voltage',
    'Whether the supply of the node is too weak now.',
    (state) => state.underVoltage,
  ),
  yesNo(
    'node_throttled',
    'Whether the node runs slower now to stay cool or alive.',
    (state) => state.throttled,
  ),
  host('node_temperature_celsius', 'The temperature of the node.', 'temperatureC'),
  host('node_memory_bytes', 'The memory of the node.', 'memoryTotalBytes'),
  host(
    'node_memory_available_bytes',
    'The memory that programs of the node can still have.',
    'memoryAvailableBytes',
  ),
  host('node_disk_bytes', 'The disk of the node.', 'diskTotalBytes'),
  host('node_disk_available_bytes', 'What is free on the disk of the node.', 'diskAvailableBytes'),
  host('node_load1', 'The load of the node over a minute.', 'load1'),
  host('agent_rss_bytes', 'Resident memory of the agent.', 'agentRssBytes'),
  host('agent_anon_bytes', 'Anonymous memory of the agent.', 'agentAnonBytes'),
  host('agent_cpu_cores', 'How much of a core the agent uses.', 'agentCpuShare'),
  host('agent_outbox_bytes', 'What the agent keeps until it is acknowledged.', 'outboxBytes'),
  gauge(
    'node_messages_missing',
    'Whether something is missing in between of what the node said.',
    NODE,
    ({ here }) => samplesOf(here, named, ({ gapSince }) => gapSince !== null),
  ),
]
