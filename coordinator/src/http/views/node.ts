import { elapsed, type Instant, type MonoMs, rfc3339, wallMs } from '@infra-home/shared/clock.ts'
import type { Route, RoutesState } from '@infra-home/shared/messages/routes.ts'
import { missingRanges } from '@infra-home/shared/seq-set.ts'
import type { NodeWorld } from '../../world/node.ts'
import type { World } from '../../world/world.ts'
import type { Table } from '../table/table.ts'
import { age, bytes, orDash, value } from '../table/words.ts'
import { aged } from './ages.ts'
import { linksTable, linkViews } from './links.ts'
import { modemsTable, modemViews } from './modems.ts'
import { nodeSummary } from './nodes.ts'
import { vlansTable, vlanViews } from './vlans.ts'

/** Everything about one node. */
export const nodeDetail = (world: World, node: NodeWorld, now: Instant) => ({
  ...nodeSummary(world, node, now),
  mode: node.birth?.mode ?? null,
  capabilities: node.birth?.capabilities ?? [],
  cadenceMs: node.birth?.cadenceMs ?? null,
  session: node.session || null,
  clockOffsetMs: node.clockOffsetMs,
  received: Object.entries(node.received).map(([session, set]) => ({
    session: Number(session),
    upTo: set.upTo,
    missing: missingRanges(set),
  })),
  missingSince: node.gapSince === null ? null : timeOf(node.gapSince, now),
  links: linkViews(node, now),
  vlans: vlanViews(node, now),
  modems: modemViews(node, now),
  states: Object.fromEntries(
    Object.entries(node.states)
      .filter(([key]) => !/^(link|vlan|modem)\//.test(key))
      .map(([key, fact]) => [key, { ...fact.body, ...aged(node, fact.seen, now) }]),
  ),
  numbers: Object.fromEntries(
    Object.entries(node.numbers).map(([key, fact]) => [
      key,
      { ...fact.values, ...aged(node, fact.seen, now) },
    ]),
  ),
})

export type NodeDetail = ReturnType<typeof nodeDetail>

/** Changes with everything that is known of the node, and with how it stands; not with ages. */
export const nodeVersion = (world: World, node: NodeWorld, now: Instant): string =>
  [
    node.lastBy,
    nodeSummary(world, node, now).state,
    node.planned,
    node.gapSince,
    ...Object.entries(node.states).map(([key, { by }]) => key + by),
    ...Object.values(node.numbers).map(({ by }) => by),
  ].join()

/** One node as a person reads it. */
export const nodeParts = (detail: NodeDetail): Table[] => [
  { head: ['NODE', detail.node], rows: factsOf(detail) },
  ...(detail.links.length > 0 ? [linksTable(detail.links)] : []),
  ...(detail.vlans.length > 0 ? [vlansTable(detail.vlans)] : []),
  ...(detail.modems.length > 0 ? [modemsTable(detail.modems)] : []),
  ...routesTable(detail.states['routes/main'] as Partial<RoutesState> | undefined),
]

const factsOf = (detail: NodeDetail): string[][] => [
  ['STATE', detail.state],
  ['HEARD', detail.ageMs === null ? 'never' : `${age(detail.ageMs)} ago`],
  ['AGENT', `${orDash(detail.agentVersion)} (${orDash(detail.mode)})`],
  ['BOOT', orDash(detail.boot)],
  ['WRONG', detail.troubles.join(', ') || 'nothing'],
  ['MISSING', missingOf(detail)],
  ...hostRows(detail.numbers['host/host'] as HostNumbers | undefined),
]

const missingOf = ({ received, missingSince }: NodeDetail): string => {
  const count = received.flatMap(({ missing }) => missing).reduce((sum, [from, to]) => sum + to - from + 1, 0)
  return count === 0 ? 'nothing' : `${count} messages since ${missingSince ?? '?'}`
}

type HostNumbers = Readonly<Record<string, number | null>>

const hostRows = (numbers: HostNumbers | undefined): string[][] => {
  if (numbers === undefined) return []
  const free = (what: string): string =>
    `${bytes(numbers[`${what}AvailableBytes`])} of ${bytes(numbers[`${what}TotalBytes`])} available`
  const uptime = numbers['uptimeSeconds'] ?? null
  return [
    ['UPTIME', age(uptime === null ? null : uptime * 1000)],
    ['LOAD', value(numbers['load1'], '')],
    ['TEMPERATURE', value(numbers['temperatureC'], '°C')],
    ['MEMORY', free('memory')],
    ['DISK', free('disk')],
  ]
}

/** Where traffic goes: routes of the main table, default ones first. */
const routesTable = (state: Partial<RoutesState> | undefined): Table[] => {
  const routes = (state?.routes ?? []).filter(({ table }) => table === 'main')
  if (routes.length === 0) return []
  const isDefault = ({ destination }: Route): boolean => destination === 'default'
  const sorted = [...routes.filter(isDefault), ...routes.filter((route) => !isDefault(route))]
  const head = ['ROUTE', 'VIA', 'INTERFACE', 'METRIC', 'BY']
  return [
    {
      head,
      rows: sorted.map((route) => [
        route.destination,
        orDash(route.gateway),
        orDash(route.interface),
        value(route.metric, ''),
        orDash(route.protocol),
      ]),
    },
  ]
}

const timeOf = (mono: MonoMs, now: Instant): string => rfc3339(wallMs(now.wall - elapsed(mono, now.mono)))
