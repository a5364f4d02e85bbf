import { rfc3339 } from '@infra-home/shared/clock.ts'
import type { Override } from '@infra-home/shared/wan/state.ts'
import { expired } from '@infra-home/shared/wan/remember.ts'
import type { WanPlan } from '../../decide/wan-plan.ts'
import { decideWanNow, routerNow, usedBytesOf } from '../../decide/wan-now.ts'
import { type NodeWorld, stateOf } from '../../world/node.ts'
import type { HttpContext } from '../context.ts'
import type { Table } from '../table/table.ts'
import { bytes, mark, orDash, value } from '../table/words.ts'

const UNKNOWN = 'unknown' as const
const UNASKED = { link: UNKNOWN, gateway: UNKNOWN, dns: UNKNOWN, tcp: UNKNOWN, http: UNKNOWN }

/** The way out of the house, as it is now. */
export const wanView = (context: Pick<HttpContext, 'world' | 'wan' | 'now'>) => {
  const { world, wan: plan } = context
  const now = context.now()
  const node = plan && world.nodes[plan.node]
  const router = node && node.presence !== 'lost' ? routerNow(node, world.listeningSince) : null
  const { hold, override } = expired(world.wan.state, now)
  return {
    router: plan?.node ?? null,
    active: router?.active ?? null,
    holder: router?.holder ?? ('agent' as const),
    fault: router?.fault ?? null,
    hold: hold && { ...hold, until: hold.until === null ? null : rfc3339(hold.until) },
    override: override && { ...override, until: rfc3339(override.until) },
    stays: plan && router ? decideWanNow(world, plan, now).stay : null,
    uplinks: (plan?.uplinks ?? []).map((uplink) => uplinkView(context, uplink, node ?? null)),
    lastDecision: world.wan.history.at(-1) ?? null,
  }
}
export type WanView = ReturnType<typeof wanView>

const uplinkView = (
  { world, wan }: Pick<HttpContext, 'world' | 'wan'>,
  uplink: WanPlan['uplinks'][number],
  node: NodeWorld | null,
) => {
  const fact = node && stateOf(node, 'path', uplink.id)
  const path = fact && fact.session === node.session && node.presence !== 'lost' ? fact.body : null
  const numbers = node?.numbers[`path/${uplink.id}`]?.values ?? {}
  return {
    id: uplink.id,
    state: path?.state ?? UNKNOWN,
    cause: path?.cause ?? null,
    verdicts: path?.verdicts ?? UNASKED,
    latencyMs: numbers.latencyMs ?? null,
    lossRatio: numbers.lossRatio ?? null,
    usedBytes: usedBytesOf(world, uplink, wan?.node ?? ''),
    capBytes: uplink.capBytes,
    metered: uplink.metered,
    priority: uplink.priority,
    interface: uplink.interface,
    address: path?.address ?? null,
    gateway: path?.gateway ?? null,
  }
}

/** What an override would do now. */
export const outlook = (
  { world, now }: Pick<HttpContext, 'world' | 'now'>,
  plan: WanPlan,
  { override, dryRun }: { readonly override: Override; readonly dryRun: boolean },
) => {
  const { switch: move, stay } = decideWanNow(world, plan, now(), { override })
  const uplink = plan.uplinks.find(({ id }) => id === override.uplink)
  return {
    dryRun,
    move,
    stays: stay,
    metered: uplink?.metered ?? false,
    usedBytes: uplink ? usedBytesOf(world, uplink, plan.node) : null,
    capBytes: uplink?.capBytes ?? null,
    refusedNetworks: uplink?.metered
      ? plan.networks.filter((net) => net.metered !== 'allow').map(({ id }) => id)
      : [],
    flows: 'flows that run stay where they are, unless their path is dead; new ones take the new way',
    until: rfc3339(override.until),
  }
}

export const wanTable = ({ uplinks, active }: WanView): Table => ({
  head: ['', 'UPLINK', 'STATE', 'CAUSE', 'BY', 'RTT', 'LOSS', 'USED', 'OF', 'PRIORITY'],
  rows: uplinks.map((one) => [
    mark(one.state === 'down' || one.state === 'degraded'),
    `${one.id}${one.id === active ? ' *' : ''}`,
    one.state,
    orDash(one.cause),
    one.interface,
    value(one.latencyMs === null ? null : Math.round(one.latencyMs), 'ms'),
    value(one.lossRatio === null ? null : Math.round(one.lossRatio * 100), '%'),
    bytes(one.usedBytes),
    bytes(one.capBytes),
    String(one.priority),
  ]),
})

/** The one line: where traffic goes, who decides, and why it is there. */
export const wanLine = ({
  active,
  holder,
  stays,
  lastDecision,
  fault,
  hold,
  override,
  router,
}: WanView): string => {
  if (router === null) return 'this home has no uplink in its plan'
  const last = lastDecision
    ? `; ${lastDecision.at.slice(0, 19).replace('T', ' ')} UTC ${lastDecision.from ?? 'nowhere'} → ${lastDecision.to} (${lastDecision.reason}${lastDecision.tookMs === null ? '' : `, ${lastDecision.tookMs} ms`}${lastDecision.ok === false ? `, failed: ${lastDecision.error ?? ''}` : ''})`
    : ''
  return [
    `out by ${active ?? 'nothing of ours'}, decided by the ${holder}${stays ? ` (${stays})` : ''}${last}`,
    ...(fault ? [`! ${fault.text}`] : []),
    ...(hold ? [`held by ${hold.by}: ${hold.reason}${hold.until ? ` (until ${hold.until})` : ''}`] : []),
    ...(override
      ? [`${override.uplink} is wanted by ${override.by} until ${override.until}: ${override.reason}`]
      : []),
  ].join('\n')
}
