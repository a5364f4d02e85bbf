import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SimulatedMachine } from '@infra-home/agent/sys/simulated/machine.ts'
import { machineOf } from '@infra-home/agent/sys/simulated/plan-machine.ts'
import { simulatedZte } from '@infra-home/agent/sys/simulated/zte-device.ts'
import { MC801A } from '@infra-home/agent/sys/simulated/zte-firmware.ts'
import type { Channel, Notification } from '@infra-home/coordinator/alerts/channels/channel.ts'
import { openChannels } from '@infra-home/coordinator/alerts/open-channels.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { days, hours, milliseconds, minutes } from '@infra-home/shared/clock.ts'
import type { Topology, Uplink } from '@infra-home/shared/topology/schema.ts'
import type { DeviceOptions } from './device.ts'
import { type Enrolled, enrolled } from './enrolled.ts'
import { furnish, type House, openBare } from './house.ts'
import { certificateUntil, type OwnParts, ownParts } from './own-parts.ts'
import { type WaysOut, waysOut } from './ways-out.ts'

/** The usual home with DSL before its 4G, a device with a certificate, and a modem that texts people; and all that a coordinator looks after. */
export type BadLuckHouse = House & {
  /** Where its files are, for whoever takes them away. */
  readonly folder: string
  readonly ways: WaysOut
  readonly own: OwnParts
  readonly enrolled: Enrolled
  /** Everything that people were told, by whatever channel. */
  readonly heard: readonly Notification[]
  /** A certificate for browsers of which a year is left, PEM. */
  readonly fresh: string
}

/** Four in the afternoon, UTC. */
const START = Date.UTC(2026, 10, 27, 16)
/** Two days and two hours later it is old: half an hour after the beginning. */
const BACKUP = 'infra-home-2026-11-25T14-30-00Z.db'
/** Five days before its end, by the whole hour, a device's certificate is told of: at once. */
const DEVICE_LIFE = { life: days(30), gone: milliseconds(days(25) - minutes(20)) }
/** Fourteen days before its end, the coordinator's own: half an hour after it. */
const BROWSERS_UNTIL = START + days(14) + minutes(30)

const OWNER = '+33612345678'
/** What may be spent on short messages. */
export const TEXTS = { to: [OWNER], maxPerDay: 100 }
export const LTE = {
  id: 'lte',
  driver: 'zte',
  config: { address: '192.168.0.1', password: 'right' },
}
const PHONE = { name: 'phone', kind: 'webhook', url: 'https://example.org' }
const SMS = { name: 'sms', kind: 'sms', node: 'rpi4-2', modem: LTE.id, to: [OWNER], maxPerHour: 60 }
const CHANNELS = [PHONE, SMS]
const CONTACTS = [{ name: 'anna', channels: ['phone', 'sms'], minSeverity: 'info' as const }]

const ROUTER = 'rpi4-1'
const DSL: Uplink = {
  id: 'dsl',
  kind: 'ethernet',
  host: ROUTER,
  interface: 'eth1',
  metered: false,
  priority: 5,
}
const BOXES = {
  dsl: { interface: DSL.interface, gateway: '192.168.1.1' },
  mifi: { interface: 'wlan0', gateway: '192.168.8.1' },
}

const plan = (home: Topology): Topology => {
  const nic = { name: DSL.interface, vlan: null, tagged: false, addresses: [], dhcp: true }
  return {
    ...home,
    hosts: home.hosts.map((host) =>
      host.name === ROUTER ? { ...host, interfaces: [...host.interfaces, nic] } : host,
    ),
    uplinks: [DSL, ...home.uplinks.filter(({ kind }) => kind !== 'phone-tether')],
  }
}

export const openBadLuckHouse = async (): Promise<BadLuckHouse> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-bad-luck-'))
  const of = { seed: 2, broker: 'external', sampleMs: 60_000, start: START, plan } as const
  const bare = await openBare({ ...of, storePath: join(folder, 'home.db') })
  const { topology, time, trust } = bare
  const router = routerOf(topology)
  const ways = waysOut(router, BOXES)
  const params = paramsOf(
    { channels: CHANNELS, contacts: CONTACTS, wan: { timeZone: 'Europe/Paris' } },
    topology,
  )
  const own = ownParts({ ...bare, ...ways, folder, channels: CHANNELS, wan: params.wan, backup: BACKUP })
  own.setCertificate(await certificateUntil(BROWSERS_UNTIL))
  const fresh = await certificateUntil(START + days(365))
  const clock = time.machine({ wall: 0, bootedAgo: hours(24) }).process()
  const signingKeys = (): string[] => [...trust.signing.current()]
  const who = { node: 'rpi3a-ctl', site: topology.site, signingKeys }
  const device = await enrolled({ ...DEVICE_LIFE, ...who, folder, time, clock })
  const heard: Notification[] = []
  const lte = simulatedZte({ clock, firmware: MC801A, account: { password: LTE.config.password } })
  const furnishings: Readonly<Record<string, Partial<DeviceOptions>>> = {
    [ROUTER]: { machine: router, dress: ways.dress, more: { mode: 'full' } },
    [SMS.node]: { http: lte.handle, more: { modems: [LTE], sms: TEXTS } },
    [device.node]: { identity: device.identity, dress: device.dress },
  }
  const house = furnish(bare, {
    device: (name) => furnishings[name] ?? {},
    seat: {
      params,
      others: [heardBy(smsChannel(), heard)],
      reaches: ways.isOnline,
      beside: own.beside,
      macKeyOf: (node) => (node === device.node ? device.macKey() : trust.macKeyOf(node)),
    },
  })
  device.record = (request) => void house.seat.coordinator()?.ask(request)
  return Object.assign(house, { folder, ways, own, enrolled: device, heard, fresh })
}

const smsChannel = (): Channel => {
  const [channel] = openChannels({ config: { stateDir: '', channels: [SMS] } }, 'bad-luck.json')
  if (!channel) throw new RangeError('no channel was opened')
  return channel
}

const routerOf = (topology: Topology): SimulatedMachine => {
  const host = topology.hosts.find(({ name }) => name === ROUTER)
  if (!host) throw new RangeError(`the plan has no ${ROUTER}`)
  const router = machineOf(topology, host)
  for (const nic of router.interfaces)
    if (nic.name === DSL.interface)
      nic.addresses = [{ address: '192.168.1.10', prefix: 24, family: 'ipv4', scope: 'global' }]
  return router
}

/** Notes what got through. */
const heardBy = (channel: Channel, heard: Notification[]): Channel => ({
  ...channel,
  async send(notification, errand) {
    const answer = await channel.send(notification, errand)
    heard.push(notification)
    return answer
  },
})
