import {
  type Clock,
  elapsed,
  every,
  minutes,
  rfc3339,
  seconds,
  type WallMs,
} from '@infra-home/shared/clock.ts'
import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import type { Publisher } from '../publisher.ts'
import { readJson, writeJson } from '../small-file.ts'
import type { Disk } from '../sys/sys.ts'
import { type Carried, totalOf, type UplinkUsage, type Usage, withCarried } from './usage.ts'

export type UsageKeeper = {
  carried(bytes: Carried): void
  /** Resolves when everything that was counted is kept. */
  stop(): Promise<void>
}

export const USAGE_FILE = 'usage.json'
const SUM_EVERY = seconds(60)
/** A power cut takes so much of the count with it; SD cards are not written to for less. */
const SAVE_EVERY = minutes(10)
/** So much of a plan, or so many bytes where there is none, and people are told before that. */
const PART_OF_PLAN = 0.01
const MUCH_WITHOUT_PLAN = 1e9

/** Sums up what each uplink carries in its billing month, keeps it on disk and tells it. */
export const keepUsage = (options: {
  readonly clock: Clock
  readonly disk: Disk
  readonly wish: Pick<WanWish, 'uplinks' | 'timeZone'>
  readonly publisher: Pick<Publisher, 'states'>
  /** Told once a minute: bytes since the billing month began. */
  readonly onUsed: (uplink: string, bytes: number, since: WallMs) => void
}): UsageKeeper => {
  const { clock, disk, wish, publisher, onUsed } = options
  let usage: Usage | null = null
  let fresh = new Map<string, Map<string, number>>()
  let savedAt = clock.now().mono
  let saved = ''
  const told = new Map<string, number>()

  /** Of the uplinks of the plan. */
  const planned = (): [string, UplinkUsage][] =>
    wish.uplinks.flatMap(({ id }) => {
      const one = usage?.[id]
      return one ? [[id, one]] : []
    })
  const sum = (): void => {
    if (!usage) return
    usage = withCarried(usage, fresh, { ...wish, wall: clock.now().wall })
    fresh = new Map()
    for (const [id, one] of planned()) onUsed(id, totalOf(one), one.since)
  }
  const save = async (): Promise<void> => {
    const text = JSON.stringify(usage)
    savedAt = clock.now().mono
    if (!usage || text === saved) return
    saved = text
    await writeJson(disk, USAGE_FILE, usage).catch(() => (saved = '')) // a full disk: the next time
  }
  const tell = (): void => {
    for (const [id, one] of planned()) told.set(id, totalOf(one))
    publisher.states({
      states: planned().map(([id, one]) => ({
        kind: 'usage',
        id,
        body: {
          since: rfc3339(one.since),
          bytes: totalOf(one),
          networks: Object.entries(one.networks).map(([network, bytes]) => ({ id: network, bytes })),
        },
      })),
      numbers: {},
      whole: ['usage'],
    })
  }
  const isNews = (): boolean =>
    wish.uplinks.some(({ id, capBytes }) => {
      const much = capBytes === null ? MUCH_WITHOUT_PLAN : capBytes * PART_OF_PLAN
      const one = usage?.[id]
      return one !== undefined && totalOf(one) - (told.get(id) ?? 0) >= much
    })
  const begin = async (): Promise<void> => {
    usage = await readJson<Usage>(disk, USAGE_FILE, {})
    sum()
    tell()
  }
  const begun = begin()
  const cancel = every(clock, SUM_EVERY, () => {
    const months = monthsOf(usage)
    sum()
    const isNewMonth = monthsOf(usage) !== months
    const isDue = isNewMonth || elapsed(savedAt, clock.now().mono) >= SAVE_EVERY
    if (isDue) void save()
    if (isDue || isNews()) tell()
  })

  return {
    carried(bytes) {
      for (const [uplink, networks] of bytes) {
        const sums = fresh.get(uplink) ?? new Map<string, number>()
        for (const [network, more] of networks)
          if (more > 0) sums.set(network, (sums.get(network) ?? 0) + more)
        fresh.set(uplink, sums)
      }
    },
    async stop() {
      cancel()
      await begun
      sum()
      await save()
    },
  }
}

const monthsOf = (usage: Usage | null): string =>
  Object.values(usage ?? {})
    .map(({ since }) => since)
    .join(' ')
