import { days, rfc3339, type WallMs } from '@infra-home/shared/clock.ts'
import { billingMonthEnd, billingMonthStart, dayIn, quotaOf } from '@infra-home/shared/wan/quota.ts'
import type { WanPlan } from '../../decide/wan-plan.ts'
import { usageOf, usedOf } from '../../decide/wan-now.ts'
import type { HttpContext } from '../context.ts'
import type { Table } from '../table/table.ts'
import { bytes, mark } from '../table/words.ts'

/** What each uplink carried in its billing month, for whom, and how much is left. */
export const usageView = ({ world, wan: plan, now }: Pick<HttpContext, 'world' | 'wan' | 'now'>) =>
  (plan?.uplinks ?? []).map((uplink) => usageOfUplink(uplink, plan as WanPlan, { world, wall: now().wall }))
export type UsageView = ReturnType<typeof usageView>

/** The same of one of them. Pure. */
export const usageOfUplink = (
  uplink: WanPlan['uplinks'][number],
  { node, timeZone }: WanPlan,
  { world, wall }: Pick<HttpContext, 'world'> & { readonly wall: WallMs },
) => {
  const { id, metered, capBytes, billingDay } = uplink
  const since = billingMonthStart(wall, billingDay, timeZone)
  const until = billingMonthEnd(since, billingDay, timeZone)
  const counted = usageOf(world, id, node)
  const router = counted && counted.since >= rfc3339(since) ? counted : null
  const used = usedOf(world, uplink, node)
  const usedBytes = used?.by === 'router' ? (router?.bytes ?? null) : (used?.bytes ?? null)
  const leftBytes = capBytes === null || usedBytes === null ? null : Math.max(0, capBytes - usedBytes)
  const daysLeft = Math.max(1, (until - wall) / days(1))
  return {
    uplink: id,
    metered,
    since: rfc3339(since),
    until: rfc3339(until),
    untilDay: dayIn(until, timeZone),
    usedBytes,
    usedBy: used?.by ?? null,
    capBytes,
    leftBytes,
    leftBytesPerDay: leftBytes === null ? null : Math.floor(leftBytes / daysLeft),
    networks: [...(router?.networks ?? [])].sort((a, b) => b.bytes - a.bytes),
  }
}

export const usageTable = (uplinks: readonly UsageView[number][]): Table => ({
  head: ['', 'UPLINK', 'NETWORK', 'USED', 'OF', 'LEFT A DAY', 'UNTIL'],
  rows: uplinks.flatMap(({ uplink, usedBytes, capBytes, leftBytesPerDay, untilDay, networks }) => [
    [
      mark(quotaOf(usedBytes, capBytes) === 'near' || quotaOf(usedBytes, capBytes) === 'spent'),
      uplink,
      'all',
      bytes(usedBytes),
      bytes(capBytes),
      bytes(leftBytesPerDay),
      untilDay,
    ],
    ...networks.map(({ id, bytes: used }) => ['', '', id, bytes(used), '', '', '']),
  ]),
})
