import type { Uplink, Topology } from '@infra-home/shared/topology/schema.ts'
import type { WanWish, WishedNetwork, WishedPage, WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { rfc3339 } from '@infra-home/shared/clock.ts'
import { routerOf } from '@infra-home/shared/topology/router-of.ts'
import { phoneLimitsOf, type TetherPlan, tethersOf } from './tether-plan.ts'
import type { WanState } from '@infra-home/shared/wan/state.ts'

/** What the owner may set about the way out, resolved with defaults. */
export type WanSettings = Pick<WanWish, 'timeZone' | 'badHours' | 'drift' | 'repairs'>

/** The way out of the house, as the plan has it. */
export type WanPlan = Omit<WanWish, 'hold' | 'override'> & {
  readonly node: string
  /** The phones among the uplinks. */
  readonly tethers: readonly TetherPlan[]
}

/** Resolvers of three owners, who also take connections at port 443. */
const TARGETS = ['1.1.1.1', '8.8.8.8', '9.9.9.9']
const ENOUGH_TARGETS = 3
/** It is left open all over the world. */
const TCP_PORT = 443
/** Pages of three owners that say nothing, for this purpose. */
const PAGES = [
  'http://connectivitycheck.gstatic.com/generate_204',
  'http://cp.cloudflare.com/generate_204',
  'http://edge-http.microsoft.com/captiveportal/generate_204',
].map((url) => ({ url, status: 204 }))

/** The router's slice of the plan; null where there is no uplink. Pure. */
export const wanPlanOf = (topology: Topology | null, settings: WanSettings): WanPlan | null => {
  const node = routerOf(topology)
  if (!topology || node === null) return null
  const uplinks = topology.uplinks
    .filter(({ host }) => host === node)
    .map((uplink) => wishedUplink(uplink, topology))
  const tethers = tethersOf(topology, node)
  return { node, uplinks, tethers, networks: networksOf(topology, node), ...settings }
}

const wishedUplink = (uplink: Uplink, { modems }: Topology): WishedUplink => {
  const { id, kind, interface: device, metered, priority } = uplink
  return {
    id,
    kind,
    interface: device,
    metered,
    priority,
    capBytes: uplink.monthlyCapBytes ?? null,
    billingDay: uplink.billingDay ?? 1,
    phone: kind === 'phone-tether' ? phoneLimitsOf(uplink) : null,
    modem: modems.find((modem) => modem.uplink === id)?.id ?? null,
    targets: targetsOf(uplink),
    resolvers: uplink.probe?.resolvers ?? [],
    tcpPort: uplink.probe?.tcpPort ?? TCP_PORT,
    pages: pagesOf(uplink),
    dailyBytes: uplink.probe?.dailyBytes ?? null,
  }
}

/** No single point of truth: whoever names fewer than three others gets some of the usual ones beside. */
const targetsOf = ({ probe }: Uplink): string[] => {
  const own = new Set(probe?.targets)
  return [...new Set([...own, ...TARGETS])].slice(0, Math.max(own.size, ENOUGH_TARGETS))
}

const pagesOf = ({ probe }: Uplink): WishedPage[] =>
  probe?.http
    ? [probe.http, ...PAGES.filter(({ url }) => url !== probe.http?.url)].slice(0, PAGES.length)
    : PAGES

const networksOf = ({ vlans, hosts }: Topology, router: string): WishedNetwork[] => {
  const interfaces = hosts.find(({ name }) => name === router)?.interfaces ?? []
  return vlans.flatMap(({ id, name, subnet, subnet6, metered }) => {
    const nic = interfaces.find(({ vlan }) => vlan === id)
    const subnets = [subnet, ...(subnet6 === undefined ? [] : [subnet6])]
    return nic ? [{ id: name.toLowerCase(), interface: nic.name, subnets, metered }] : []
  })
}

/** What the router is wished: the plan, and what people want for now. Pure. */
export const wanWishOf = (
  { uplinks, networks, timeZone, badHours, drift, repairs }: WanPlan,
  { hold, override }: Pick<WanState, 'hold' | 'override'>,
): WanWish => ({
  uplinks,
  networks,
  timeZone,
  badHours,
  drift,
  repairs,
  hold: hold && { ...hold, until: hold.until === null ? null : rfc3339(hold.until) },
  override: override && { ...override, until: rfc3339(override.until) },
})
