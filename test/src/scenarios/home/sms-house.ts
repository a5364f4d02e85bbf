import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineOf } from '@infra-home/agent/sys/simulated/plan-machine.ts'
import { MC801A } from '@infra-home/agent/sys/simulated/zte-firmware.ts'
import { simulatedZte, type SimulatedZte } from '@infra-home/agent/sys/simulated/zte-device.ts'
import { openChannels } from '@infra-home/coordinator/alerts/open-channels.ts'
import { replay } from '@infra-home/coordinator/audit/replay.ts'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import type { Entry } from '@infra-home/coordinator/world/input.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import { seeded } from '../../conformance/store-day.ts'
import { houseTime, type HouseTime } from '../../helpers/house-time.ts'
import { type Voice, voice } from '../../helpers/said.ts'
import { testTrust } from '../../helpers/test-trust.ts'
import { toyBroker } from '../../helpers/toy-broker.ts'
import { createDevice, type Device } from './device.ts'
import { createSeat, type Seat } from './seat.ts'

const PLAN = join(import.meta.dirname, '../../../../topology.json')
const START = Date.UTC(2026, 10, 1)
const OWNER = '+33612345678'
const MODEM = { id: 'lte', driver: 'zte', address: '192.168.0.1' }
const SMS = { name: 'sms', kind: 'sms', node: 'rpi4-2', modem: MODEM.id, to: [OWNER], maxPerHour: 60 }

/** A coordinator and an agent with a modem that can send, whole, on one time; the router is a voice. */
export type SmsHouse = {
  readonly time: HouseTime
  readonly seat: Seat
  readonly agent: Device
  readonly modem: SimulatedZte
  /** What its SIM sent, in order. */
  sms(): readonly string[]
  /** The router says this, over a connection of its own. */
  hear(...says: readonly ((router: Voice) => readonly [topic: string, message: object])[]): void
  /** Runs on for so many seconds. */
  run(seconds: number): Promise<void>
  journal(): Promise<Entry[]>
  /** Where the journal, decided again, leads elsewhere; null when nowhere. */
  replays(): Promise<unknown>
}

const PHONE = { name: 'phone', kind: 'webhook', url: 'https://example.org' }
const PARAMS = paramsOf({
  channels: [PHONE, SMS],
  contacts: [
    { name: 'anna', channels: ['phone', 'sms'] },
    { name: 'log', channels: ['phone'] },
  ],
})

export const openSmsHouse = async (seed: number, broker: 'embedded' | 'external'): Promise<SmsHouse> => {
  const chance = seeded(seed)
  const topology = loadTopology(readFileSync(PLAN, 'utf8'), PLAN)
  const time = houseTime(START)
  const line = toyBroker(time, () => 1 + Math.floor(chance() * 40))
  const trust = testTrust(topology.site)
  const store = await openStoreHere({ path: ':memory:' })
  const log = (): void => {}
  const machineTime = (): ReturnType<HouseTime['machine']> => time.machine({ wall: 0, bootedAgo: 86_400_000 })
  const modem = simulatedZte({
    clock: machineTime().process(),
    firmware: MC801A,
    account: { password: 'right' },
  })
  const host = topology.hosts.find(({ name }) => name === SMS.node)
  if (!host) throw new RangeError(`the plan has no ${SMS.node}`)
  const agent = createDevice({
    site: topology.site,
    machine: machineOf(topology, host),
    time: machineTime(),
    broker: line,
    http: modem.handle,
    modems: [],
    more: {
      modems: [{ ...MODEM, config: { address: MODEM.address, password: 'right' } }],
      sms: { to: [OWNER], maxPerDay: 100 },
    },
    chance,
    trust,
    log,
    accepted: new Map(),
  })
  const seatTime = machineTime()
  const seat = createSeat({
    topology,
    time: seatTime,
    broker: line,
    kind: broker,
    store,
    sampleMs: 60_000,
    chance,
    trust,
    log,
    others: openChannels({ config: { stateDir: '', channels: [SMS] } }, 'sms-house.json'),
    params: PARAMS,
  })
  const router = voice('rpi4-1', seatTime.process(), { site: topology.site })
  const journal = async (): Promise<Entry[]> => {
    const entries: Entry[] = []
    for await (const entry of store.tail(0)) entries.push(entry)
    return entries
  }
  return {
    time,
    seat,
    agent,
    modem,
    sms: () => modem.card.sent().map(({ text }) => text),
    hear(...says) {
      const connection = line.connect({
        id: router.node,
        clock: seatTime.process(),
        will: { topic: '', payload: '' },
        subscriptions: [],
        onOpen() {
          for (const say of says) {
            const [topic, message] = say(router)
            connection.publish({ topic, payload: trust.sealed(topic, message), retain: false })
          }
          void connection.close()
        },
        onMessage() {},
        onEnd() {},
      })
    },
    run: (seconds) => time.runTo(time.now() + seconds * 1000),
    journal,
    replays: async () => replay(emptyWorld(topology.site, topology), await journal(), PARAMS),
  }
}
