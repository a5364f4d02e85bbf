import { fromRfc3339, type Instant, type MonoMs } from '@infra-home/shared/clock.ts'
import type { UplinkUsageState } from '@infra-home/shared/messages/usage.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { usedInMonth } from '@infra-home/shared/wan/quota.ts'
import { decideWan, type WanDecision } from '@infra-home/shared/wan/decide.ts'
import type { Track, WanParams, WanState } from '@infra-home/shared/wan/state.ts'
import { type NodeWorld, stateOf } from '../world/node.ts'
import type { World } from '../world/world.ts'
import { isPhoneOut, limitsNow, phoneHealthOf, wakingOf } from './phone-now.ts'
import type { TetherPlan } from './tether-plan.ts'
import type { WanPlan } from './wan-plan.ts'

/** The router's word of this session; null before it said one, and until something is heard of it in this reign. */
export const routerNow = (node: NodeWorld, listeningSince: MonoMs): WanRouterState | null => {
  const fact = stateOf(node, 'wan', 'main')
  const isHeard = node.lastSeen !== null && node.lastSeen.mono >= listeningSince
  return fact && isHeard && fact.session === node.session ? fact.body : null
}

/** The entry in which a router says what an uplink is worth. Pure. */
export const pathEvidence = (router: NodeWorld | undefined, uplink: string | null): string[] => {
  const fact = router && uplink !== null ? stateOf(router, 'path', uplink) : null
  return fact ? [fact.by] : []
}

/** Bytes of this billing month by the uplink's modem or else by the router, and who counted; null while neither told. */
export const usedOf = (
  world: World,
  { id, modem }: WanPlan['uplinks'][number],
  node: string,
): Used | null => {
  const router = world.nodes[node]
  const ofModem = router?.monthCounts[`modem/${modem}`]
  const ofRouter = router && stateOf(router, 'usage', id)
  const used = usedInMonth({
    modem: ofModem ? { bytes: ofModem.bytes, at: ofModem.seen.wall } : null,
    router: ofRouter ? { bytes: ofRouter.body.bytes, since: fromRfc3339(ofRouter.body.since) } : null,
  })
  const evidence = used?.by === 'modem' ? ofModem?.by : ofRouter?.by
  return used && { ...used, evidence: evidence === undefined ? [] : [evidence] }
}

/** Bytes both ways, who counted them, and the entry that says so. */
export type Used = {
  readonly bytes: number
  readonly by: 'modem' | 'router'
  readonly evidence: readonly string[]
}

/** The same without who counted. */
export const usedBytesOf = (...of: Parameters<typeof usedOf>): number | null => usedOf(...of)?.bytes ?? null

/** What the router counted; null before it told. */
export const usageOf = (world: World, uplink: string, node: string): UplinkUsageState | null => {
  const router = world.nodes[node]
  return (router && stateOf(router, 'usage', uplink)?.body) ?? null
}

/** The machine's state with what others said of plans and of phones. Pure. */
export const wanStateNow = (world: World, plan: WanPlan, now: Instant): WanState => {
  const { state } = world.wan
  const tracks = plan.uplinks.flatMap((uplink) => {
    const track = state.uplinks[uplink.id]
    if (!track) return []
    const tether = plan.tethers.find((one) => one.uplink === uplink.id)
    const ofPhone = tether ? phoneTrack(world, tether, track, now.mono) : {}
    return [[uplink.id, { ...track, ...ofPhone, usedBytes: usedBytesOf(world, uplink, plan.node) }] as const]
  })
  return { ...state, uplinks: Object.fromEntries(tracks) }
}

/** What its phone says of an uplink, and whether it would come. */
const phoneTrack = (
  world: World,
  tether: TetherPlan,
  { isWarned = false }: Track,
  now: MonoMs,
): Pick<Track, 'phone' | 'waking' | 'isWarned'> => ({
  phone: phoneHealthOf(world, tether.phone, now),
  waking: wakingOf(world, tether, now).waking,
  isWarned: isWarned || isPhoneOut(world, tether.phone),
})

/** What is to be done now, and why nothing when nothing is. Pure. */
export const decideWanNow = (
  world: World,
  plan: WanPlan,
  now: Instant,
  wishing: Partial<Pick<WanState, 'override' | 'hasWishBroken'>> = {},
): WanDecision => decideWan({ ...wanStateNow(world, plan, now), ...wishing }, paramsNow(world, plan), now)

/** The plan, with the limits of phones as they are now. */
const paramsNow = (world: World, plan: WanPlan): WanParams => ({
  ...plan,
  uplinks: plan.uplinks.map((uplink) => {
    const tether = plan.tethers.find((one) => one.uplink === uplink.id)
    return tether ? { ...uplink, phone: limitsNow(world, tether) } : uplink
  }),
})
