import { rfc3339 } from '@infra-home/shared/clock.ts'
import { isSpent } from '@infra-home/shared/wan/candidates.ts'
import { leadsNowhere } from '@infra-home/shared/wan/path.ts'
import type { Override, Switch, WanState } from '@infra-home/shared/wan/state.ts'
import { decideWanNow, wanStateNow } from '../../decide/wan-now.ts'
import type { WanPlan } from '../../decide/wan-plan.ts'
import type { HttpContext } from '../context.ts'
import { bytes } from '../table/words.ts'
import { healthWords, tetherView } from './tether.ts'
import { networksLines, networksMeanwhile } from './wan-networks.ts'
import { usageOfUplink } from './wan-usage.ts'

/** What an override would do now, and what it would cost. */
export const outlook = (
  { world, now }: Pick<HttpContext, 'world' | 'now'>,
  plan: WanPlan,
  { override, dryRun }: { readonly override: Override; readonly dryRun: boolean },
) => {
  const { switch: move, stay } = decideWanNow(world, plan, now(), { override, hasWishBroken: false })
  const isAsleep = world.wan.state.uplinks[override.uplink]?.cause === 'asleep'
  const uplink = plan.uplinks.find(({ id }) => id === override.uplink)
  const usage = uplink && usageOfUplink(uplink, plan, { world, wall: now().wall })
  const isMetered = uplink?.metered ?? false
  return {
    dryRun,
    move,
    stays: stay,
    metered: isMetered,
    usedBytes: usage?.usedBytes ?? null,
    capBytes: usage?.capBytes ?? null,
    leftBytes: usage?.leftBytes ?? null,
    monthEnds: usage?.until ?? null,
    monthEndsDay: usage?.untilDay ?? null,
    ...networksMeanwhile(world, plan, override.uplink),
    flows: move ? flowsWords(wanStateNow(world, plan, now()), plan, move) : 'no flow is touched now',
    wakes: isAsleep ? tetherView({ world, now }, plan, override.uplink) : null,
    until: rfc3339(override.until),
  }
}
type Outlook = ReturnType<typeof outlook>

/** What becomes of the flows that run. */
const flowsWords = (state: WanState, plan: WanPlan, { from, to }: Switch): string => {
  if (from === null) return 'new flows take the new way'
  const track = state.uplinks[from]
  if (track && leadsNowhere(track)) return `flows of ${from} are ended, since it leads nowhere`
  const isMetered = (uplink: string): boolean =>
    plan.uplinks.some(({ id, metered }) => id === uplink && metered)
  const stay = `flows that run stay on ${from}; new ones take the new way`
  if (!isMetered(from)) return stay
  if (isSpent(plan, state, from) && !isSpent(plan, state, to))
    return `${stay}; those that still run in a minute are ended`
  return isMetered(to) ? stay : `${stay}; those that still run in ten minutes are ended`
}

/** The same in words. */
export const outlookLine = (uplink: string, would: Outlook): string =>
  [
    `${would.dryRun ? 'would send' : 'sends'} traffic out by ${uplink} until ${would.until}: ${whenWords(would)}`,
    would.flows,
    ...(would.wakes
      ? [`it wakes ${would.wakes.phone} (${healthWords(would.wakes)}), which lends its network meanwhile`]
      : []),
    would.metered ? `it is metered: ${planWords(would)}` : 'it is not metered',
    ...networksLines(would),
  ].join('\n')

const whenWords = ({ move, stays }: Outlook): string => {
  if (move) return 'at once'
  return stays === 'override' ? 'it goes out by it already' : `not now (${stays ?? ''})`
}

const planWords = ({ usedBytes, capBytes, leftBytes, monthEndsDay }: Outlook): string => {
  const used = usedBytes === null ? 'nobody knows how much is used' : `${bytes(usedBytes)} used`
  const left = capBytes === null ? 'no cap in the plan' : `of ${bytes(capBytes)}, ${bytes(leftBytes)} left`
  return `${used}, ${left}, until ${monthEndsDay ?? '–'}`
}
