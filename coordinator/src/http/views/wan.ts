import { elapsed, fromRfc3339, type Instant, rfc3339, wallMs } from '@infra-home/shared/clock.ts'
import type { StayReason, WanDecision } from '@infra-home/shared/wan/decide.ts'
import { expired } from '@infra-home/shared/wan/remember.ts'
import type { WanPlan } from '../../decide/wan-plan.ts'
import { decideWanNow, routerNow, usedBytesOf } from '../../decide/wan-now.ts'
import { type NodeWorld, stateOf } from '../../world/node.ts'
import { isGone } from '../../world/presence.ts'
import type { WanRecord } from '../../world/wan.ts'
import type { HttpContext } from '../context.ts'
import { tetherView } from './tether.ts'
import { toldLate } from './told-late.ts'
import { networksLines, networksMeanwhile } from './wan-networks.ts'
import type { Table } from '../table/table.ts'
import { bytes, mark, orDash, value } from '../table/words.ts'

const UNKNOWN = 'unknown' as const
const UNASKED = { link: UNKNOWN, gateway: UNKNOWN, dns: UNKNOWN, tcp: UNKNOWN, http: UNKNOWN }

/** What the router says of its uplinks as a whole; null while nothing is heard of it, and when it has said good-bye. */
export const routerHeard = ({ world, wan: plan }: Pick<HttpContext, 'world' | 'wan'>) => {
  const node = plan && world.nodes[plan.node]
  return node && !isGone(node) ? routerNow(node, world.listeningSince) : null
}

/** The way out of the house, as it is now. */
export const wanView = (context: Pick<HttpContext, 'world' | 'wan' | 'now'>) => {
  const { world, wan: plan } = context
  const now = context.now()
  const node = plan && world.nodes[plan.node]
  const router = routerHeard(context)
  const { hold, override } = expired(world.wan.state, now)
  const decision = plan && router ? decideWanNow(world, plan, now) : null
  return {
    router: plan?.node ?? null,
    heard: router !== null,
    active: router?.active ?? null,
    holder: router?.holder ?? ('agent' as const),
    fault: router?.fault ?? null,
    hold: hold && { ...hold, until: hold.until === null ? null : rfc3339(hold.until) },
    override: override && { ...override, until: rfc3339(override.until) },
    stays: decision?.stay ?? null,
    staysUntil: staysUntil(decision, now),
    ...networksMeanwhile(world, plan, router?.active ?? null),
    uplinks: (plan?.uplinks ?? []).map((uplink) => uplinkView(context, uplink, router ? node : null)),
    lastDecision: world.wan.history.at(-1) ?? null,
  }
}
export type WanView = ReturnType<typeof wanView>

/** What ends by itself at a time that is known. */
const TIMED: ReadonlySet<StayReason | null> = new Set(['not-stable-yet', 'failed-lately'])

/** In whole seconds. */
const staysUntil = (decision: WanDecision | null, now: Instant): string | null => {
  if (!decision || decision.nextAt === null || !TIMED.has(decision.stay)) return null
  return rfc3339(wallMs(1000 * Math.ceil((now.wall + elapsed(now.mono, decision.nextAt)) / 1000)))
}

const uplinkView = (
  context: Pick<HttpContext, 'world' | 'wan' | 'now'>,
  uplink: WanPlan['uplinks'][number],
  /** The router, where it was heard in this reign. */
  node: NodeWorld | null | undefined,
) => {
  const { world, wan } = context
  const fact = node && stateOf(node, 'path', uplink.id)
  const path = fact && fact.session === node.session ? fact.body : null
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
    tether: wan && tetherView(context, wan, uplink.id),
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

/** Moves of traffic, one a line. */
export const movesTable = (moves: readonly WanRecord[]): Table => ({
  head: ['AT', 'FROM', 'TO', 'WHY', 'BY', 'TOOK', 'ID'],
  rows: moves.map((move) => [
    move.at.slice(0, 19).replace('T', ' '),
    move.from ?? '–',
    move.to,
    move.reason,
    [move.by, ...lateWords(move)].join(', '),
    move.ok === false ? 'failed' : move.tookMs === null ? '–' : `${move.tookMs} ms`,
    move.id,
  ]),
  whole: [6],
})

const lateWords = ({ at, toldAt, tookMs }: WanRecord): string[] =>
  toldLate(wallMs(fromRfc3339(at) + (tookMs ?? 0)), fromRfc3339(toldAt))

const lastMove = (move: WanRecord): string => {
  const { at, from, to, reason, tookMs, ok, error } = move
  const about = [
    reason,
    ...(tookMs === null ? [] : [`${tookMs} ms`]),
    ...lateWords(move),
    ...(ok === false ? [`failed: ${error ?? ''}`] : []),
  ]
  return `${at.slice(0, 19).replace('T', ' ')} UTC ${from ?? 'nowhere'} → ${to} (${about.join(', ')})`
}

/** What is known of the way out while the router is not heard. */
export const unheard = (router: string): string =>
  `nothing is heard of ${router}: how traffic goes out is not known`

/** The one line: where traffic goes, who decides, and why it is there. */
export const wanLine = (view: WanView): string => {
  const { active, holder, stays, staysUntil: until, lastDecision, fault, router, heard } = view
  if (router === null) return 'this home has no uplink in its plan'
  const last = lastDecision ? `; ${lastMove(lastDecision)}` : ''
  const decided = `decided by the ${holder}${stays ? ` (${stays}${until ? ` until ${until.slice(11, 19)} UTC` : ''})` : ''}`
  return [
    heard ? `out by ${active ?? 'nothing of ours'}, ${decided}${last}` : `${unheard(router)}${last}`,
    ...(fault ? [`! ${fault.text}`] : []),
    ...wishLines(view),
    ...networksLines(view),
  ].join('\n')
}

/** What somebody wants of it, if anything. */
export const wishLines = ({ hold, override }: Pick<WanView, 'hold' | 'override'>): string[] => [
  ...(hold ? [`held by ${hold.by}: ${hold.reason}${hold.until ? ` (until ${hold.until})` : ''}`] : []),
  ...(override
    ? [`${override.uplink} is wanted by ${override.by} until ${override.until}: ${override.reason}`]
    : []),
]
