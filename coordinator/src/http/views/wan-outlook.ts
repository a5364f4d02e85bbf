import { rfc3339 } from '@infra-home/shared/clock.ts'
import type { Override } from '@infra-home/shared/wan/state.ts'
import { decideWanNow, usedBytesOf } from '../../decide/wan-now.ts'
import type { WanPlan } from '../../decide/wan-plan.ts'
import { healthWords, tetherView } from './tether.ts'
import type { HttpContext } from '../context.ts'

/** What an override would do now. */
export const outlook = (
  { world, now }: Pick<HttpContext, 'world' | 'now'>,
  plan: WanPlan,
  { override, dryRun }: { readonly override: Override; readonly dryRun: boolean },
) => {
  const { switch: move, stay } = decideWanNow(world, plan, now(), { override })
  const tether = tetherView({ world, now }, plan, override.uplink)
  const isAsleep = world.wan.state.uplinks[override.uplink]?.cause === 'asleep'
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
    wakes: isAsleep ? tether : null,
    until: rfc3339(override.until),
  }
}

/** The same in words. */
export const outlookLine = (uplink: string, would: ReturnType<typeof outlook>): string =>
  [
    `${would.dryRun ? 'would send' : 'sends'} traffic out by ${uplink} until ${would.until}: ${would.move ? 'at once' : `not now (${would.stays ?? ''})`}`,
    would.flows,
    ...(would.wakes
      ? [`it wakes ${would.wakes.phone} (${healthWords(would.wakes)}), which lends its network meanwhile`]
      : []),
    ...(would.refusedNetworks.length > 0
      ? [`not for ${would.refusedNetworks.join(', ')}: it is metered`]
      : []),
  ].join('\n')
