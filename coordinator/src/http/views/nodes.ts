import { elapsed, type Instant, minutes } from '@infra-home/shared/clock.ts'
import { linkUp } from '@infra-home/shared/messages/link.ts'
import { type NodeWorld, statesOf } from '../../world/node.ts'
import { presenceAt } from '../../world/presence.ts'
import { nodesOf, type World } from '../../world/world.ts'
import type { Table } from '../table/table.ts'
import { age, mark, orDash, value } from '../table/words.ts'
import { aged } from './ages.ts'
import { modemViews } from './modems.ts'

/** A clock this far off is told of. */
const CLOCK_OFF_MS = 300_000
/** So long a backlog may be on its way without a word about it. */
const GAP_PATIENCE = minutes(3)

/** What is wrong with a node, in words; empty when nothing is. */
export const troublesOf = (node: NodeWorld, presence: string, now: Instant): string[] => {
  const host = node.states['host/host']?.body as
    | { underVoltage?: boolean | null; throttled?: boolean | null }
    | undefined
  const down = statesOf(node, 'link').filter(([, { body }]) => body.adminUp && !linkUp(body))
  const failing = statesOf(node, 'collector').filter(([, { body }]) => !body.ok)
  return [
    presence === 'online' || presence === 'sleeping' || presence === 'never-seen' ? '' : presence,
    ...down.map(([id]) => `${id} down`),
    host?.underVoltage ? 'under-voltage' : '',
    host?.throttled ? 'throttled' : '',
    Math.abs(node.clockOffsetMs ?? 0) > CLOCK_OFF_MS ? 'clock wrong' : '',
    node.gapSince !== null && elapsed(node.gapSince, now.mono) > GAP_PATIENCE ? 'messages missing' : '',
    ...failing.map(([id]) => `${id} not readable`),
  ].filter((trouble) => trouble !== '')
}

/** The node's state as it is now: silence has its effect without a decision. */
export const stateNow = (world: World, node: NodeWorld, now: Instant) =>
  presenceAt(node, now.mono, world.listeningSince).presence

/** A node in a list. */
export const nodeSummary = (world: World, node: NodeWorld, now: Instant) => {
  const state = stateNow(world, node, now)
  const links = statesOf(node, 'link').filter(([, { body }]) => body.adminUp)
  return {
    node: node.name,
    state,
    planned: node.planned,
    ...aged(node, node.lastSeen, now),
    stale: state !== 'online',
    agentVersion: node.birth?.agentVersion ?? null,
    boot: node.boot,
    links: { up: links.filter(([, { body }]) => linkUp(body)).length, total: links.length },
    modems: modemViews(node, now).map(({ id, state, rsrpDbm, stale }) => ({ id, state, rsrpDbm, stale })),
    troubles: troublesOf(node, state, now),
  }
}

export const nodeSummaries = (world: World, now: Instant) =>
  nodesOf(world).map((node) => nodeSummary(world, node, now))

export type NodeSummary = ReturnType<typeof nodeSummary>

export const nodesTable = (nodes: readonly NodeSummary[]): Table => ({
  head: ['', 'NODE', 'STATE', 'LINKS', 'MODEMS', 'AGENT', 'HEARD', 'WRONG'],
  rows: nodes.map((node) => [
    mark(node.troubles.length > 0),
    node.node,
    node.state,
    node.links.total === 0 ? '–' : `${node.links.up}/${node.links.total}`,
    node.modems.map(signalOf).join(', ') || '–',
    orDash(node.agentVersion),
    node.ageMs === null ? 'never' : age(node.ageMs),
    node.troubles.join(', ') || '',
  ]),
})

const signalOf = ({ id, rsrpDbm, stale }: NodeSummary['modems'][number]): string =>
  `${id} ${stale ? '?' : value(rsrpDbm, 'dBm')}`
