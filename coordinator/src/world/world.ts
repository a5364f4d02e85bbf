import type { MonoMs } from '@infra-home/shared/clock.ts'
import { routerOf } from '@infra-home/shared/topology/router-of.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import type { RuleData } from '../alerts/rule-data.ts'
import type { AlertFact } from './alert.ts'
import type { ChannelFact } from './channel-fact.ts'
import type { DeliveryFact } from './delivery.ts'
import { newNode, type NodeWorld } from './node.ts'
import { NO_SELF, type SelfWorld } from './self.ts'
import type { Silence } from './silence.ts'
import type { OpenStep } from './step.ts'
import { newWan, type WanWorld } from './wan.ts'

/**
 * All that the coordinator knows, as plain data: what JSON carries, so that a snapshot is the world. `reduce` is its
 * only writer, and everything in it came from journal entries.
 */
export type World = {
  readonly site: string
  epoch: number
  /** The last entry that went in. */
  position: number
  /** When this reign began to listen. */
  listeningSince: MonoMs
  nodes: Record<string, NodeWorld>
  /** Alerts that are not inactive, by key. */
  alerts: Record<string, AlertFact>
  /** Their keys by node. */
  alertKeys: Record<string, string[]>
  /** The newest resolved alerts, oldest first. */
  resolved: AlertFact[]
  /** The owner's rules beside ours, and the entry that brought them; null: there never were any. */
  ownRules: { readonly rules: readonly RuleData[]; readonly by: string } | null
  silences: Record<string, Silence>
  deliveries: Record<string, DeliveryFact>
  /** Channels by which somebody was told something, or tried to be. */
  channels: Record<string, ChannelFact>
  /** Steps that were started and have not finished. */
  steps: Record<string, OpenStep>
  wan: WanWorld
  /** How the coordinator itself is. */
  self: SelfWorld
  /** A higher epoch was seen: another coordinator rules, this one decides nothing. */
  deposedBy: number | null
}

/** A world in which nothing has been heard yet of the nodes that `topology` plans. */
export const emptyWorld = (site: string, topology: Topology | null): World => ({
  site,
  epoch: 0,
  position: 0,
  listeningSince: 0 as MonoMs,
  nodes: Object.fromEntries(
    plannedNodes(topology).map((name) => [name, newNode(name, true, isHost(topology, name))]),
  ),
  alerts: {},
  alertKeys: {},
  resolved: [],
  ownRules: null,
  silences: {},
  deliveries: {},
  channels: {},
  steps: {},
  wan: newWan(routerOf(topology)),
  self: NO_SELF,
  deposedBy: null,
})

/** Hosts and phones of the plan, in its order. */
export const plannedNodes = (topology: Topology | null): string[] =>
  topology ? [...topology.hosts.map((host) => host.name), ...topology.phones.map((phone) => phone.name)] : []

/** A host of the plan, and not a phone. */
export const isHost = (topology: Topology | null, name: string): boolean =>
  topology?.hosts.some((host) => host.name === name) ?? false

/** The nodes in order of name, with numbers in names counted as numbers. */
export const nodesOf = (world: World): NodeWorld[] =>
  Object.values(world.nodes).sort((a, b) => collator.compare(a.name, b.name))

const collator = new Intl.Collator('en', { numeric: true })
