import {
  type CancelTimer,
  type Clock,
  elapsed,
  milliseconds,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'
import { type Counter, parseCounters } from '../parse/nft-counters.ts'
import { type DeviceSeen, watchDevices } from './device-balance.ts'
import { namesAnswered, namesAsked, opened, received, ROUTER, sent, TABLE, used } from '../router/ruleset.ts'
import type { Sys } from '../sys/sys.ts'
import type { Passed } from './questions.ts'

/** How often the devices are looked at while users' packets pass, and while none does. */
const BUSY = milliseconds(100)
const QUIET = milliseconds(500)
/** What users do is asked for so often while as much comes back as goes out: a question costs twenty times as much as a look at the devices. */
const ASK_EVERY = milliseconds(400)
/** So many answers without a packet are quiet. */
const QUIET_LOOKS = 5
const FAILED_WAIT = seconds(1)
const LIMIT = seconds(2)

/** What passed since the last look. */
export type PassedBy = {
  /** Packets of users, by uplink. */
  readonly packets: ReadonlyMap<string, Passed>
  /** Bytes both ways, by uplink and network. */
  readonly bytes: ReadonlyMap<string, ReadonlyMap<string, number>>
}

export type TrafficWatch = { readonly stop: CancelTimer }

/** Looks at our own counters of what is forwarded; while they cannot be read, nobody hears anything of users. */
export const watchTraffic = (options: {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'converse' | 'readText'>
  readonly uplinks: readonly { readonly id: string; readonly interface: string }[]
  readonly networks: readonly string[]
  readonly onPassed: (passed: PassedBy) => void
}): TrafficWatch => {
  const { clock, sys, uplinks, networks, onPassed } = options
  const nft = sys.converse('nft', ['-j', '-i'])
  const lookAtDevices = watchDevices(
    { clock, sys },
    uplinks.map((uplink) => uplink.interface),
  )
  let before: ReadonlyMap<string, Counter> = new Map()
  let quiet = 0
  let stopped = false
  let cancel: CancelTimer = () => {}

  /** A ruleset that was made anew counts from zero. */
  const more = (now: ReadonlyMap<string, Counter>, name: string, what: keyof Counter): number => {
    const [count, old] = [now.get(name)?.[what] ?? 0, before.get(name)?.[what] ?? 0]
    return count >= old ? count - old : count
  }
  const passedIn = (
    now: ReadonlyMap<string, Counter>,
    devices: ReadonlyMap<string, DeviceSeen>,
  ): PassedBy => ({
    packets: new Map(
      uplinks.map(({ id, interface: device }) => [
        id,
        {
          heardAt: devices.get(device)?.heardAt ?? clock.now().mono,
          sentSince: devices.get(device)?.sentSince ?? 0,
          sent: more(now, sent(id), 'packets'),
          received: more(now, received(id), 'packets'),
          receivedBytes: more(now, received(id), 'bytes'),
          namesAsked: more(now, namesAsked(id), 'packets'),
          namesAnswered: more(now, namesAnswered(id), 'packets'),
          opened: more(now, opened(id), 'packets'),
        },
      ]),
    ),
    bytes: new Map(
      uplinks.map(({ id }) => [
        id,
        new Map([...networks, ROUTER].map((name) => [name, more(now, used(id, name), 'bytes')])),
      ]),
    ),
  })

  let askedAt: MonoMs | null = null

  const look = async (): Promise<void> => {
    try {
      const devices = await lookAtDevices()
      const isDue = askedAt === null || elapsed(askedAt, clock.now().mono) >= ASK_EVERY
      if (!isDue && ![...devices.values()].some(({ isOneSided }) => isOneSided)) return next(BUSY)
      askedAt = clock.now().mono
      const now = parseCounters(await nft.ask(`list counters table inet ${TABLE}`, LIMIT))
      if (stopped) return
      const passed = passedIn(now, devices)
      const isQuiet = [...passed.packets.values()].every((one) => one.sent + one.received === 0)
      quiet = isQuiet ? quiet + 1 : 0
      if (before.size > 0) onPassed(passed)
      before = now
      next(quiet > QUIET_LOOKS ? QUIET : BUSY)
    } catch {
      next(FAILED_WAIT) // no table yet, or no nft: probes alone have to do
    }
  }
  const next = (wait: typeof BUSY): void => {
    if (!stopped) cancel = clock.after(wait, () => void look())
  }
  next(BUSY)

  return {
    stop() {
      stopped = true
      cancel()
      nft.stop()
    },
  }
}
