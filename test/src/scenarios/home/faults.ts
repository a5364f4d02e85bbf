import { hours, seconds } from '@infra-home/shared/clock.ts'
import { seeded } from '../../conformance/store-day.ts'
import type { Device } from './device.ts'
import type { House } from './house.ts'
import { cableOfServer, lose4G, regain4G, supply, vlan20 } from './mishaps.ts'

/** What goes wrong, and how it is righted; they may lie over each other in any way. */
type Fault = readonly [what: string, begin: (house: House) => void, end: (house: House) => void]

const ofDevice = (node: string): readonly Fault[] => {
  const on = (act: (device: Device) => void) => (house: House) => act(house.device(node))
  return [
    [`${node} has no network`, on((d) => d.cut(true)), on((d) => d.cut(false))],
    [`${node} is killed`, on((d) => d.kill()), on(startIfDead)],
    [`${node} is stopped`, on((d) => d.stop()), on(startIfDead)],
    [`${node} loses its power`, (h) => losePower(h, node), (h) => regainPower(h, node)],
    [`${node} sleeps`, on((d) => d.suspend(true)), on((d) => d.suspend(false))],
    [`the disk of ${node} is full`, on((d) => d.disk.limit(0)), on((d) => d.disk.limit(null))],
    [`the disk of ${node} fails`, on((d) => d.disk.fail(true)), on((d) => d.disk.fail(false))],
    [
      `the clock of ${node} is ahead`,
      on((d) => d.time.stepWall(hours(24))),
      on((d) => d.time.stepWall(hours(-24))),
    ],
    [`the supply of ${node} is weak`, (h) => supply(h, node, true), (h) => supply(h, node, false)],
  ]
}

const startIfDead = (device: Device): void => {
  if (!device.runs()) device.start()
}
/** The coordinator runs on this machine, and by its clock. */
const SEAT = 'rpi4-1'
const losePower = (house: House, node: string): void => {
  house.device(node).kill()
  if (node === SEAT) house.seat.kill()
}
/** Unless somebody was quicker. */
const regainPower = (house: House, node: string): void => {
  const device = house.device(node)
  const dark = !device.runs() && (node !== SEAT || !house.seat.runs())
  if (dark) device.reboot()
  if (dark && node === SEAT) house.seat.reboot()
  startIfDead(device)
  if (node === SEAT) seatIfEmpty(house)
}
const seatIfEmpty = (house: House): void => {
  if (!house.seat.runs()) house.seat.start()
}

const OF_THE_HOUSE: readonly Fault[] = [
  ['the coordinator is killed', (h) => h.seat.kill(), seatIfEmpty],
  ['the coordinator is stopped', (h) => h.seat.stop(), seatIfEmpty],
  ['the cable of rpi4-2 is pulled', (h) => cableOfServer(h, false), (h) => cableOfServer(h, true)],
  ['VLAN 20 is lost', (h) => vlan20(h, false), (h) => vlan20(h, true)],
  ['4G is lost', lose4G, regain4G],
  ['the modem hangs', (h) => h.modem.hang(true), (h) => h.modem.hang(false)],
  ['the modem answers web pages', (h) => h.modem.setAnswers('html'), (h) => h.modem.setAnswers('whole')],
  ['people cannot be reached', (h) => void (h.seat.channel = 'down'), (h) => void (h.seat.channel = 'up')],
]

/** A broker that lives in the coordinator's process has no faults of its own. */
const OF_THE_BROKER: readonly Fault[] = [
  ['the broker is gone', (h) => h.broker.down({ keepsRetained: true }), (h) => h.broker.up()],
  ['the broker forgets', (h) => h.broker.down({ keepsRetained: false }), (h) => h.broker.up()],
]

const LONGEST = 15 * 60_000
const EVERY = 4 * 60_000
/** Then there is peace, so that what is owed can be paid: an alert that keeps coming back takes up to half an hour to be over. */
const LAST = hours(1.25)
const RANDOM_MS = hours(2)

/** Plays an hour and a quarter of whatever `seed` brings, and three quarters without; returns what was done. */
export const playFaults = async (house: House, seed: number): Promise<string[]> => {
  const chance = seeded(seed)
  const faults = [
    ...OF_THE_HOUSE,
    ...(house.brokerKind === 'external' ? OF_THE_BROKER : []),
    ...[...house.devices.keys()].flatMap(ofDevice),
  ]
  const done: string[] = []
  const act = (at: number, what: string, turn: (house: House) => void): void =>
    void house.time.after(at, () => {
      done.push(`${new Date(at).toISOString().slice(11, 19)} ${what}`)
      turn(house)
    })
  house.seat.start()
  for (const device of house.devices.values()) device.start()
  for (let at = chance() * EVERY; at < LAST; at += chance() * EVERY) {
    const [what, begin, end] = faults[Math.floor(chance() * faults.length)] as Fault
    act(Math.floor(at), what, begin)
    act(Math.min(LAST, Math.floor(at + seconds(1) + chance() * LONGEST)), `no more: ${what}`, end)
  }
  await house.time.runTo(RANDOM_MS)
  return done
}
