import type { WallMs } from '@infra-home/shared/clock.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import type { LinkBouncer } from './link-bouncer.ts'
import type { WanOptions } from './open-wan.ts'
import type { Passed } from './questions.ts'
import { repairToolsFor, type RepairTools } from './repair-tools.ts'
import { type Repairs, startRepairer } from './repairer.ts'
import { watchTraffic } from './traffic-watch.ts'
import { keepUsage } from './usage-keeper.ts'

export type HousekeepingOptions = WanOptions & {
  readonly links: LinkBouncer
  readonly repairs: Repairs
  readonly wish: WanWish
  /** Whether this process may change anything of the kernel, and count by it. */
  readonly isAble: boolean
  /** Whether people want everything left as it is. */
  readonly isHeld: () => boolean
  readonly path: (uplink: string) => UplinkPathState | null
  readonly onPassed: (uplink: string, passed: Passed) => void
  /** Bytes since the billing month began, as we count them. */
  readonly onUsed: (uplink: string, bytes: number, since: WallMs) => void
  /** Our counters are there no more. */
  readonly onLost: () => void
}

/** What goes on beside the watching: counting what users do, summing it up, and bringing dead uplinks back. */
export const keepHouse = (options: HousekeepingOptions): { readonly stop: () => Promise<void> } => {
  const { wish, sys, publisher, links, log, isAble, onPassed, onUsed, onLost } = options
  const { clock, disk } = sys
  const ids = wish.uplinks.map(({ id }) => id)
  const usage = keepUsage({ clock, disk, wish, publisher, onUsed })
  if (!isAble) return usage
  const traffic = watchTraffic({
    clock,
    sys,
    uplinks: wish.uplinks,
    networks: wish.networks.map(({ id }) => id),
    onPassed({ packets, bytes }) {
      usage.carried(bytes)
      for (const [id, passed] of packets) onPassed(id, passed)
    },
    onLost,
  })
  const repairer = startRepairer({
    clock,
    uplinks: ids,
    repairs: options.repairs,
    path: options.path,
    isHeld: options.isHeld,
    allowed: new Set(wish.repairs),
    toolsFor: (id) => toolsOf(id, options),
    raise: (id) => raiserOf(uplinkOf(wish, id)?.interface, links),
    onRepair: (repair) => publisher.event('repair', repair),
    log,
  })
  return {
    async stop() {
      traffic.stop()
      repairer.stop()
      await usage.stop()
      for (const { interface: device } of wish.uplinks) await raiserOf(device, links)?.().catch(() => {}) // whoever starts next tries again
    },
  }
}

const uplinkOf = ({ uplinks }: Pick<WanWish, 'uplinks'>, id: string) => uplinks.find((one) => one.id === id)

const toolsOf = async (
  id: string,
  {
    wish,
    sys,
    modems,
    links,
    powerCycled,
  }: Pick<HousekeepingOptions, 'wish' | 'sys' | 'modems' | 'links' | 'powerCycled'>,
): Promise<RepairTools> => {
  const uplink = uplinkOf(wish, id)
  if (!uplink) return new Map()
  const modem = uplink.modem === null ? null : (modems.get(uplink.modem) ?? null)
  return repairToolsFor(uplink, { sys, modem, links, powerCycled })
}

/** Null while we have not left it down. */
const raiserOf = (device: string | undefined, links: LinkBouncer): (() => Promise<void>) | null =>
  device !== undefined && links.isLowered(device) ? () => links.raise(device) : null
