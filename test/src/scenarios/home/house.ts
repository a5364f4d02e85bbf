import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { simulatedHilink, type SimulatedHilink } from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { machineOf } from '@infra-home/agent/sys/simulated/plan-machine.ts'
import { setCarrier, wander } from '@infra-home/agent/sys/simulated/weather.ts'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import type { Store } from '@infra-home/coordinator/db/store.ts'
import type { Entry } from '@infra-home/coordinator/world/input.ts'
import type { LogFields } from '@infra-home/shared/log.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { seeded } from '../../conformance/store-day.ts'
import { type HouseTime, houseTime } from '../../helpers/house-time.ts'
import { testTrust } from '../../helpers/test-trust.ts'
import { type ToyBroker, toyBroker } from '../../helpers/toy-broker.ts'
import { createDevice, type Device } from './device.ts'
import { createSeat, type Seat } from './seat.ts'
import type { Accepted } from './witness.ts'

const PLAN = join(import.meta.dirname, '../../../../topology.json')
const START = Date.UTC(2026, 10, 1)

export type House = {
  readonly time: HouseTime
  readonly topology: Topology
  readonly broker: ToyBroker
  readonly brokerKind: 'embedded' | 'external'
  readonly modem: SimulatedHilink
  readonly devices: ReadonlyMap<string, Device>
  readonly seat: Seat
  readonly store: Store
  readonly accepted: Accepted
  /** The coordinator's wall clock at the beginning. */
  readonly wallAtStart: number
  readonly logged: { readonly level: string; readonly sentence: string; readonly fields: LogFields }[]
  device(name: string): Device
  carrier(node: string, name: string, on: boolean): void
  /** Bytes go through the modem, or none do. */
  traffic: 'flows' | 'stands'
  journal(): Promise<Entry[]>
}

export type HouseOptions = {
  readonly seed: number
  readonly broker: 'embedded' | 'external'
  /** How often every node is to sample. */
  readonly sampleMs: number
  /** Where the store lies; in memory by default. */
  readonly storePath?: string
}

/** The whole home of topology.json: six machines with agents, a modem, a broker and a coordinator, all on one time. */
export const openHouse = async (options: HouseOptions): Promise<House> => {
  const { seed, broker: kind, sampleMs, storePath = ':memory:' } = options
  const chance = seeded(seed)
  const topology = loadTopology(readFileSync(PLAN, 'utf8'), PLAN)
  const time = houseTime(START)
  const broker = toyBroker(time, () => 1 + Math.floor(chance() * 40))
  const modem = simulatedHilink({ clock: time.machine({ wall: 0, bootedAgo: 86_400_000 }).process() })
  const store = await openStoreHere({ path: storePath })
  const logged: House['logged'] = []
  const log = (level: string, sentence: string, fields: LogFields = {}): void =>
    void logged.push({ level, sentence, fields })
  const trust = testTrust(topology.site)
  const accepted: Accepted = new Map()
  const devices = new Map(
    [...topology.hosts, ...topology.phones].map((node) => [
      node.name,
      createDevice({
        site: topology.site,
        machine: machineOf(topology, node),
        time: time.machine({ wall: Math.floor(chance() * 2000), bootedAgo: Math.floor(chance() * 1e8) }),
        broker,
        http: modem.handle,
        modems: topology.modems.filter(({ host }) => host === node.name),
        chance,
        trust,
        log,
        accepted,
      }),
    ]),
  )
  const device = (name: string): Device => {
    const found = devices.get(name)
    if (!found) throw new RangeError(`no device ${name}`)
    return found
  }
  const wallAtStart = device('rpi4-1').time.process().now().wall
  const seat = createSeat({
    topology,
    time: device('rpi4-1').time,
    broker,
    kind,
    store,
    sampleMs,
    chance,
    trust,
    log,
  })
  const house: House = {
    time,
    topology,
    broker,
    brokerKind: kind,
    modem,
    devices,
    seat,
    store,
    accepted,
    wallAtStart,
    logged,
    device,
    traffic: 'flows',
    carrier: (node, name, on) => setCarrier({ machines: machinesOf(house) }, node, name, on),
    async journal() {
      const entries: Entry[] = []
      for await (const entry of store.tail(0)) entries.push(entry)
      return entries
    },
  }
  blow(house, chance)
  return house
}

const machinesOf = ({ devices }: House) =>
  new Map([...devices].map(([name, device]) => [name, { machine: device.machine, sys: device.sys() }]))

const WIND_EVERY = 30_000

/** Values wander and bytes flow, as long as there is time. */
const blow = (house: House, chance: () => number): void => {
  let bytes = 31_000_000_000
  const gust = (): void => {
    wander({ machines: machinesOf(house) }, chance)
    house.time.after(WIND_EVERY, gust)
  }
  const flow = (): void => {
    if (house.traffic === 'flows') bytes += Math.floor(chance() * 1e6)
    house.modem.setTraffic({ rxBytes: bytes, txBytes: 1_140_231_732 })
    house.time.after(WIND_EVERY / 6, flow)
  }
  gust()
  flow()
}
