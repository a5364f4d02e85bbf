import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { simulatedHilink, type SimulatedHilink } from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { machineOf } from '@infra-home/agent/sys/simulated/plan-machine.ts'
import { setCarrier, wander } from '@infra-home/agent/sys/simulated/weather.ts'
import type { Params } from '@infra-home/coordinator/decide/policy.ts'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import type { Store } from '@infra-home/coordinator/db/store.ts'
import type { Entry } from '@infra-home/coordinator/world/input.ts'
import type { Log, LogFields } from '@infra-home/shared/log.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { seeded } from '../../conformance/store-day.ts'
import { type HouseTime, houseTime } from '../../helpers/house-time.ts'
import { type TestTrust, testTrust } from '../../helpers/test-trust.ts'
import { type ToyBroker, toyBroker } from '../../helpers/toy-broker.ts'
import { createDevice, type Device, type DeviceOptions } from './device.ts'
import { createSeat, PARAMS, type Seat, type SeatOptions } from './seat.ts'
import type { Accepted } from './witness.ts'

const PLAN = join(import.meta.dirname, '../../../../topology.json')
const START = Date.UTC(2026, 10, 1)

/** What a house is built around. */
export type Bare = Pick<
  House,
  'time' | 'topology' | 'broker' | 'brokerKind' | 'modem' | 'store' | 'logged'
> & {
  readonly sampleMs: number
  readonly chance: () => number
  readonly trust: TestTrust
  readonly log: Log
}

/** What is otherwise than in the usual house. */
export type Furnishing = {
  readonly device?: (name: string) => Partial<DeviceOptions>
  readonly seat?: Partial<SeatOptions>
}

export type House = {
  readonly time: HouseTime
  readonly topology: Topology
  readonly broker: ToyBroker
  readonly brokerKind: 'embedded' | 'external'
  readonly modem: SimulatedHilink
  readonly devices: ReadonlyMap<string, Device>
  readonly seat: Seat
  /** What its coordinator decides by. */
  readonly params: Params
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
  /** When it begins, milliseconds since 1970; the first of November 2026 by default. */
  readonly start?: number
  /** Its plan, made from that of the home. */
  readonly plan?: (home: Topology) => Topology
}

/** The whole home of topology.json: six machines with agents, a modem, a broker and a coordinator, all on one time. */
export const openHouse = async (options: HouseOptions): Promise<House> => furnish(await openBare(options), {})

export const openBare = async (options: HouseOptions): Promise<Bare> => {
  const {
    seed,
    broker: kind,
    sampleMs,
    storePath = ':memory:',
    start = START,
    plan = (home) => home,
  } = options
  const chance = seeded(seed)
  const topology = plan(loadTopology(readFileSync(PLAN, 'utf8'), PLAN))
  const time = houseTime(start)
  const logged: House['logged'] = []
  return {
    time,
    topology,
    broker: toyBroker(time, () => 1 + Math.floor(chance() * 40)),
    brokerKind: kind,
    modem: simulatedHilink({ clock: time.machine({ wall: 0, bootedAgo: 86_400_000 }).process() }),
    store: await openStoreHere({ path: storePath }),
    logged,
    sampleMs,
    chance,
    trust: testTrust(topology.site),
    log: (level, sentence, fields = {}) => void logged.push({ level, sentence, fields }),
  }
}

/** Puts the machines and the coordinator into it. */
export const furnish = (bare: Bare, furnishing: Furnishing): House => {
  const { time, topology, modem, store, chance } = bare
  const accepted: Accepted = new Map()
  const devices = new Map(
    [...topology.hosts, ...topology.phones].map((node) => [
      node.name,
      createDevice({
        ...bare,
        site: topology.site,
        machine: machineOf(topology, node),
        time: time.machine({ wall: Math.floor(chance() * 2000), bootedAgo: Math.floor(chance() * 1e8) }),
        http: modem.handle,
        modems: topology.modems.filter(({ host }) => host === node.name),
        accepted,
        ...furnishing.device?.(node.name),
      }),
    ]),
  )
  const device = (name: string): Device => {
    const found = devices.get(name)
    if (!found) throw new RangeError(`no device ${name}`)
    return found
  }
  const seatOptions = {
    ...bare,
    kind: bare.brokerKind,
    time: device('rpi4-1').time,
    params: PARAMS,
    ...furnishing.seat,
  }
  const house: House = {
    ...bare,
    devices,
    seat: createSeat(seatOptions),
    params: seatOptions.params,
    accepted,
    wallAtStart: device('rpi4-1').time.process().now().wall,
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
