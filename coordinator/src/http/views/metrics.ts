import { linkUp } from '@infra-home/shared/messages/link.ts'
import { statesOf } from '../../world/node.ts'
import { nodesOf } from '../../world/world.ts'
import type { HttpContext } from '../context.ts'
import { allModems } from './modems.ts'
import { stateNow } from './nodes.ts'
import { usageView } from './wan-usage.ts'
import { wanView } from './wan.ts'
import { deviationsNow } from './topology.ts'

type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number }
type Family = {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly samples: readonly Sample[]
}

/** The Prometheus text format (0.0.4). What is unknown or stale is absent. */
export const metricsText = (context: HttpContext): string =>
  [...nodeFamilies(context), ...modemFamilies(context), ...wanFamilies(context), ...ownFamilies(context)]
    .map(familyText)
    .join('')

const familyText = ({ name, help, type, samples }: Family): string => {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join('')}`
}

const escapeLabel = (text: string): string =>
  text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name: `infra_home_${name}`,
  help,
  type: 'gauge',
  samples,
})
const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name: `infra_home_${name}`,
  help,
  type: 'counter',
  samples,
})

const nodeFamilies = ({ world, now }: HttpContext): Family[] => {
  const nodes = nodesOf(world)
  const at = now()
  const here = nodes.filter((node) => stateNow(world, node, at) === 'online')
  const up = new Set(here)
  const own = (metric: 'agentRssBytes' | 'agentAnonBytes'): Sample[] =>
    here.flatMap(({ name, numbers }) => {
      const value = numbers['host/host']?.values[metric]
      return typeof value === 'number' ? [{ labels: { node: name }, value }] : []
    })
  return [
    gauge(
      'node_up',
      'Whether the node is online.',
      nodes.map((node) => ({ labels: { node: node.name }, value: up.has(node) ? 1 : 0 })),
    ),
    gauge(
      'link_up',
      'Whether the link carries traffic.',
      here.flatMap((node) =>
        statesOf(node, 'link').map(([link, { body }]) => ({
          labels: { node: node.name, link },
          value: linkUp(body) ? 1 : 0,
        })),
      ),
    ),
    gauge(
      'vlan_up',
      'Whether the VLAN interface is up.',
      here.flatMap((node) =>
        statesOf(node, 'vlan').map(([vlan, { body }]) => ({
          labels: { node: node.name, vlan },
          value: body.state === 'up' ? 1 : 0,
        })),
      ),
    ),
    gauge('agent_rss_bytes', 'Resident memory of the agent.', own('agentRssBytes')),
    gauge('agent_anon_bytes', 'Anonymous memory of the agent.', own('agentAnonBytes')),
  ]
}

const PATH_STATES = ['up', 'degraded', 'down', 'unknown'] as const

const wanFamilies = (context: HttpContext): Family[] => {
  const { uplinks, active } = wanView(context)
  const usage = usageView(context)
  return [
    gauge(
      'uplink_state',
      'What the uplink is good for: 1 for the state that it is in.',
      uplinks.flatMap(({ id, state: is }) =>
        PATH_STATES.map((state) => ({ labels: { uplink: id, state }, value: state === is ? 1 : 0 })),
      ),
    ),
    gauge(
      'uplink_active',
      'Whether traffic goes out by it.',
      uplinks.map(({ id }) => ({ labels: { uplink: id }, value: id === active ? 1 : 0 })),
    ),
    gauge(
      'uplink_month_bytes',
      'What the uplink carried in its billing month, as the router counted it.',
      usage.flatMap(({ uplink, networks }) =>
        networks.map(({ id, bytes }) => ({ labels: { uplink, network: id }, value: bytes })),
      ),
    ),
    gauge(
      'uplink_left_bytes',
      'What is left of the plan in this billing month.',
      usage.flatMap(({ uplink, leftBytes }) =>
        leftBytes === null ? [] : [{ labels: { uplink }, value: leftBytes }],
      ),
    ),
    counter(
      'wan_switches_total',
      'Moves of traffic, by reason.',
      Object.entries(context.world.wan.switches).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
  ]
}

const RADIO = [
  ['rsrpDbm', 'rsrp_dbm', 'Reference signal received power.'],
  ['rsrqDb', 'rsrq_db', 'Reference signal received quality.'],
  ['sinrDb', 'sinr_db', 'Signal to interference and noise.'],
  ['rssiDbm', 'rssi_dbm', 'Received signal strength.'],
] as const

const modemFamilies = ({ world, now }: HttpContext): Family[] => {
  const fresh = allModems(world, now()).filter(({ stale }) => !stale)
  const labels = ({ node, id }: (typeof fresh)[number]) => ({ node, modem: id })
  return [
    ...RADIO.map(([key, name, help]) =>
      gauge(
        `modem_${name}`,
        help,
        fresh.flatMap((modem) => (modem[key] === null ? [] : [{ labels: labels(modem), value: modem[key] }])),
      ),
    ),
    gauge(
      'modem_registered',
      'Whether the modem is registered, at home or roaming.',
      fresh
        .filter(({ registration }) => registration !== 'unknown')
        .map((modem) => ({
          labels: labels(modem),
          value: modem.registration === 'home' || modem.registration === 'roaming' ? 1 : 0,
        })),
    ),
  ]
}

const ownFamilies = (context: HttpContext): Family[] => {
  const { world, counters, topology } = context
  const counts = (name: Parameters<typeof counters.read>[0], label: string): Sample[] =>
    Object.entries(counters.read(name)).map(([key, value]) => ({ labels: { [label]: key }, value }))
  const on = Object.values(world.alerts)
  const alerts = Map.groupBy(
    on,
    ({ stage, severity }) => `${stage === 'pending' ? 'pending' : 'firing'} ${severity}`,
  )
  return [
    gauge(
      'alerts',
      'Alerts by state and severity.',
      [...alerts].map(([key, list]) => {
        const [state = '', severity = ''] = key.split(' ')
        return { labels: { state, severity }, value: list.length }
      }),
    ),
    gauge('topology_deviations', 'Deviations from the plan.', [
      { labels: {}, value: deviationsNow(topology, world).length },
    ]),
    counter('ingest_messages_total', 'Messages by what became of them.', counts('ingest', 'result')),
    counter('broker_refusals_total', 'What the embedded broker refused.', counts('refused', 'reason')),
    counter('deliveries_total', 'Attempts to tell a channel, by result.', counts('deliveries', 'result')),
    counter('journal_failures_total', 'Writes of the journal that failed.', counts('journal', 'result')),
    counter('token_refusals_total', 'Wrong tokens that came to the API.', counts('tokens', 'result')),
    gauge('journal_position', 'The last position of the journal.', [{ labels: {}, value: world.position }]),
    gauge('epoch', 'The reign of this coordinator.', [{ labels: {}, value: world.epoch }]),
  ]
}
