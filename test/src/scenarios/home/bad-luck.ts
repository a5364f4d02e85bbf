import { DEFAULT_METRIC } from '@infra-home/agent/router/ours.ts'
import type { SimulatedBattery, SimulatedMachine } from '@infra-home/agent/sys/simulated/machine.ts'
import { minutes, seconds, wallMs } from '@infra-home/shared/clock.ts'
import { type BadLuckHouse, LTE, TEXTS } from './bad-luck-house.ts'
import { lose4G, regain4G, supply } from './mishaps.ts'
import { NO_RULES } from './own-parts.ts'
import { play, type Turn } from './play.ts'
import type { Note } from './story.ts'

type Do = (house: BadLuckHouse) => void

const battery =
  (node: string, now: Partial<SimulatedBattery>): Do =>
  (house) =>
    void Object.assign(house.device(node).machine.battery ?? {}, now)

type Room = 'temperatureC' | 'memoryAvailableBytes' | 'diskAvailableBytes'
const machine =
  (node: string, now: Partial<Pick<SimulatedMachine, Room>>): Do =>
  (house) =>
    void Object.assign(house.device(node).machine, now)

const mayText =
  (texts: typeof TEXTS | null): Do =>
  (house) => {
    const device = house.device('rpi4-2')
    device.stop()
    device.configure({ modems: [LTE], ...(texts && { sms: texts }) })
    device.start()
  }

/** Four times out and in again, within half a minute: nobody loses a connection over that. */
const loosePlug: Do = (house) => {
  for (let nth = 0; nth < 8; nth++)
    house.time.after(nth * seconds(4), () => house.carrier('rpi4-2', 'eth0', nth % 2 === 1))
}

const monthOf =
  (gigabytes: number): Do =>
  ({ modem }) =>
    modem.setMonth({ rxBytes: gigabytes * 1e9, txBytes: 0 })

const lines =
  (passes: { readonly dsl: boolean; readonly mifi: boolean }): Do =>
  ({ ways }) => {
    ways.dsl.passes = passes.dsl
    ways.mifi.passes = passes.mifi
  }

const overMifi: Do = ({ seat }) => {
  const coordinator = seat.coordinator()
  if (!coordinator) return
  const until = wallMs(coordinator.clock.now().wall + minutes(12))
  const override = { uplink: 'mifi', by: 'owner', reason: 'a look at DSL', until }
  void coordinator.ask({ request: 'switch-wan', override, by: 'owner' })
}

/** Somebody takes away our own default every three seconds for two minutes. */
const takeDefault: Do = (house) => {
  for (let after = 0; after < minutes(2); after += seconds(3))
    house.time.after(after, () => {
      house.ways.kernel.take('metric', DEFAULT_METRIC)
      house.device('rpi4-1').sys().announce('Deleted default dev eth1')
    })
}

const clockOf =
  (node: string, byMinutes: number): Do =>
  (house) =>
    house.device(node).time.stepWall(minutes(byMinutes))

/** What happens, by UTC. A table of the home follows where nothing is done. */
const EVENING: readonly Turn<BadLuckHouse>[] = [
  ['16:05', 'all is green'],
  ['16:10', 'phone-1 is taken off its charger', battery('phone-1', { plugged: 'none', charging: false })],
  [
    '16:12',
    'and so is phone-2, nearly empty',
    battery('phone-2', { plugged: 'none', charging: false, percent: 17 }),
  ],
  ['16:13', 'the disk of rpi4-2 fills', machine('rpi4-2', { diskAvailableBytes: 9e8 })],
  ['16:14', 'phone-3 lies in the sun', battery('phone-3', { temperatureC: 47.5, charging: false })],
  ['16:15', 'and rpi3a-ctl has no air', machine('rpi3a-ctl', { temperatureC: 84 })],
  ['16:18', 'phone-3 is in the shade', battery('phone-3', { temperatureC: 33, charging: true })],
  ['16:18:30', 'phone-2 is plugged in', battery('phone-2', { plugged: 'ac', charging: true })],
  ['16:19', 'the disk of rpi4-2 has room', machine('rpi4-2', { diskAvailableBytes: 20e9 })],
  ['16:20', 'rpi3a-ctl has air', machine('rpi3a-ctl', { temperatureC: 60 })],
  ['16:22', 'VLAN 30 is lost on the router', (house) => house.carrier('rpi4-1', 'eth0.30', false)],
  ['16:24', 'and back', (house) => house.carrier('rpi4-1', 'eth0.30', true)],
  ['16:25', 'a program takes the memory of rpi3a-ctl', machine('rpi3a-ctl', { memoryAvailableBytes: 15e6 })],
  ['16:26', 'and its supply is weak', (house) => supply(house, 'rpi3a-ctl', true)],
  ['16:27', 'and strong', (house) => supply(house, 'rpi3a-ctl', false)],
  ['16:28', 'an edit of the file of rpi4-2 loses what texts may cost', mayText(null)],
  ['16:29', 'the watcher outside is broken', ({ own }) => void (own.isHeard = false)],
  ['16:30', 'phone-1 is plugged in', battery('phone-1', { plugged: 'ac', charging: true })],
  ['16:32', 'the edit is undone', mayText(TEXTS)],
  ['16:34', 'the program has ended', machine('rpi3a-ctl', { memoryAvailableBytes: 260e6 })],
  ['16:35', 'the owner’s rules get a mistake', ({ own }) => own.setRules('{ "rules": [ }')],
  ['16:36', 'the plug of rpi4-2 is loose', loosePlug],
  ['16:38', 'the mistake is mended', ({ own }) => own.setRules(NO_RULES)],
  ['16:40', 'much was downloaded over 4G', monthOf(93.9)],
  ['16:42', 'the desk for certificates can be reached', ({ enrolled }) => void (enrolled.isDeskOpen = true)],
  ['16:45', 'somebody makes a backup', ({ own }) => own.backUp()],
  ['16:46', 'and another certificate for browsers', ({ own, fresh }) => own.setCertificate(fresh)],
  ['16:50', 'the watcher outside is mended', ({ own }) => void (own.isHeard = true)],
  ['16:54', 'more is downloaded over 4G', monthOf(95.5)],
  ['17:01', 'another plan is booked, and the modem counts from zero', monthOf(0.1)],
  ['17:04', 'DSL leads nowhere', lines({ dsl: false, mifi: true })],
  ['17:10', 'meanwhile'],
  ['17:16', 'and is back', lines({ dsl: true, mifi: true })],
  ['17:20', 'its box resolves no names', ({ ways }) => void (ways.dsl.resolves = false)],
  ['17:26', 'and does', ({ ways }) => void (ways.dsl.resolves = true)],
  ['17:30', 'somebody sends traffic over 4G for twelve minutes', overMifi],
  ['17:32', 'the MiFi does not talk', ({ modem }) => modem.hang(true)],
  ['17:37', 'and does', ({ modem }) => modem.hang(false)],
  ['17:45', 'neither DSL nor 4G leads anywhere', lines({ dsl: false, mifi: false })],
  ['17:49', 'both are back', lines({ dsl: true, mifi: true })],
  ['17:52', 'a program takes our default route away, again and again', takeDefault],
  ['17:57', 'a script turns forwarding off', ({ ways }) => void (ways.forwards = false)],
  ['17:59', 'and on', ({ ways }) => void (ways.forwards = true)],
  ['18:00', '4G fades', ({ modem }) => modem.setRadio({ rsrpDbm: -112 })],
  ['18:02', 'rpi3a-ctl loses its Wi-Fi', (house) => house.device('rpi3a-ctl').cut(true)],
  ['18:05', 'and has it', (house) => house.device('rpi3a-ctl').cut(false)],
  ['18:08', 'and loses it', (house) => house.device('rpi3a-ctl').cut(true)],
  [
    '18:08:10',
    'and the broker is restarted, which knows nobody then who is not there',
    (house) => {
      house.broker.down({ keepsRetained: true })
      house.time.after(seconds(4), () => house.broker.up())
    },
  ],
  ['18:13', 'rpi3a-ctl has its Wi-Fi', (house) => house.device('rpi3a-ctl').cut(false)],
  ['18:16', '4G is better', ({ modem }) => modem.setRadio({ rsrpDbm: -86 })],
  ['18:17', 'the broker is gone', (house) => house.broker.down({ keepsRetained: true })],
  ['18:19', 'and runs', (house) => house.broker.up()],
  ['18:22', 'the disk of the coordinator is full', (house) => void (house.seat.disk = 'full')],
  ['18:24', 'and has room', (house) => void (house.seat.disk = 'works')],
  ['18:25', 'the clock of rpi4-2 is five minutes ahead', clockOf('rpi4-2', 5)],
  ['18:28', 'and right', clockOf('rpi4-2', -5)],
  ['18:32', 'the clock of the router and the coordinator is', clockOf('rpi4-1', 5)],
  ['18:35', 'and right', clockOf('rpi4-1', -5)],
  [
    '18:39',
    '4G is gone',
    (house) => {
      lose4G(house)
      house.ways.mifi.passes = false
    },
  ],
  [
    '18:41',
    'and back',
    (house) => {
      regain4G(house)
      house.ways.mifi.passes = true
    },
  ],
  ['18:45', 'all is green'],
  [
    '18:45:30',
    'the agent of the router is stopped, which would take the uplinks over when the coordinator is',
    (house) => house.device('rpi4-1').stop(),
  ],
]

/** Plays the evening, and returns what was done when. */
export const playBadLuck = (house: BadLuckHouse): Promise<Note[]> =>
  play(house, EVENING, { from: '16:00', to: '18:46' })
