import {
  type CancelTimer,
  type Clock,
  elapsed,
  milliseconds,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'
import { parseCounters } from '../parse/nft-counters.ts'
import { TABLE } from '../router/ruleset.ts'
import type { Sys } from '../sys/sys.ts'
import { type DevicesSeen, haveMoved, watchDevices } from './device-balance.ts'
import { patience } from './patience.ts'
import { type Counters, type PassedBy, passedBetween } from './passed-by.ts'

/** How often the devices are looked at while users' packets pass, and while none does. */
const BUSY = milliseconds(100)
const QUIET = milliseconds(500)
/** What users do is asked for so often while as much comes back as goes out: a question costs twenty times as much as a look at the devices. */
const ASK_EVERY = milliseconds(400)
/** The same of quiet ones while no device carries anything: one that hangs counts nothing of what is sent by it. */
const ASK_STILL = seconds(2)
/** So many answers without a packet are quiet. */
const QUIET_LOOKS = 5
const FAILED_WAIT = seconds(1)
const LIMIT = seconds(2)

export type TrafficWatch = { readonly stop: CancelTimer }

/** Looks at our own counters of what is forwarded; while they cannot be read, nobody hears anything of users. */
export const watchTraffic = (options: {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'converse' | 'readText'>
  readonly uplinks: readonly { readonly id: string; readonly interface: string }[]
  readonly networks: readonly string[]
  readonly onPassed: (passed: PassedBy) => void
  /** Counters that were there cannot be read: told ever more rarely while that goes on, or happens again. */
  readonly onLost: () => void
}): TrafficWatch => {
  const { clock, sys, uplinks, networks, onPassed, onLost } = options
  const nft = sys.converse('nft', ['-j', '-i'])
  const lookAtDevices = watchDevices(
    { clock, sys },
    uplinks.map((uplink) => uplink.interface),
  )
  const passedIn = passedBetween(uplinks, networks)
  let before: Counters = new Map()
  let asked: { readonly at: MonoMs; readonly devices: DevicesSeen } | null = null
  const losses = patience(clock)
  let withoutUsers = 0
  let stopped = false
  let cancel: CancelTimer = () => {}

  const isQuiet = (): boolean => withoutUsers > QUIET_LOOKS
  const isDue = (devices: DevicesSeen): boolean => {
    if (asked === null || [...devices.values()].some(({ isOneSided }) => isOneSided)) return true
    const isStill = isQuiet() && !haveMoved(asked.devices, devices)
    return elapsed(asked.at, clock.now().mono) >= (isStill ? ASK_STILL : ASK_EVERY)
  }
  const ask = async (devices: DevicesSeen): Promise<void> => {
    asked = { at: clock.now().mono, devices }
    const now = parseCounters(await nft.ask(`list counters table inet ${TABLE}`, LIMIT))
    if (stopped) return
    const passed = passedIn(before, now, { devices, at: clock.now().mono })
    const isWithout = [...passed.packets.values()].every((one) => one.sent + one.received === 0)
    withoutUsers = isWithout ? withoutUsers + 1 : 0
    if (before.size > 0) onPassed(passed)
    before = now
  }
  const look = async (): Promise<void> => {
    try {
      const devices = await lookAtDevices()
      if (isDue(devices)) await ask(devices)
      next(isQuiet() ? QUIET : BUSY)
    } catch {
      tellIfLost()
      next(FAILED_WAIT) // no table yet, or no nft: probes alone have to do
    }
  }
  const tellIfLost = (): void => {
    if (stopped || before.size === 0 || !losses.isDue(TABLE)) return
    losses.tried(TABLE)
    onLost()
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
