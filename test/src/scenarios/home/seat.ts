import type { Channel, Notification } from '@infra-home/coordinator/alerts/channels/channel.ts'
import { type Coordinator, startCoordinator } from '@infra-home/coordinator/coordinator.ts'
import type { Store } from '@infra-home/coordinator/db/store.ts'
import type { Params } from '@infra-home/coordinator/decide/policy.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { plannedNodes } from '@infra-home/coordinator/world/world.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import type { MachineTime } from '../../helpers/house-time.ts'
import type { TestTrust } from '../../helpers/test-trust.ts'
import type { ToyBroker } from '../../helpers/toy-broker.ts'
import { embeddedToyBus, externalToyBus, type MortalBus } from './buses.ts'

export const PARAMS = paramsOf({ channels: [{ name: 'phone', kind: 'webhook' }] })

export type SeatOptions = {
  readonly topology: Topology
  readonly time: MachineTime
  readonly broker: ToyBroker
  readonly kind: 'embedded' | 'external'
  readonly store: Store
  /** What every node is wished: less than its own, as on a metered line. */
  readonly sampleMs: number
  /** Who is told, and by what beside `phone`; `phone` alone unless it is said. */
  readonly params?: Params
  readonly others?: readonly Channel[]
  readonly chance: () => number
  readonly trust: TestTrust
  readonly log: Log
}

/** Where the coordinator runs: it starts, stops, dies, and starts again on the same store. */
export type Seat = {
  readonly told: Notification[]
  /** What the only channel, `phone`, answers from now on. */
  channel: 'up' | 'down'
  /** null while none runs. */
  coordinator(): Coordinator | null
  runs(): boolean
  start(): void
  stop(): void
  kill(): void
  /** The machine begins a new boot; the coordinator must be dead. */
  reboot(): void
}

type Life = {
  readonly clock: ReturnType<MachineTime['process']>
  bus: MortalBus | null
  coordinator: Coordinator | null
  over: boolean
}

export const createSeat = (options: SeatOptions): Seat => {
  let life: Life | null = null
  let wanted = false
  let boots = 1

  const end = (ended: Life): void => {
    if (ended.over) return
    ended.over = true
    ended.clock.kill()
    ended.bus?.die()
    life = null
    if (wanted) bear()
  }

  const bear = (): void => {
    const born: Life = { clock: options.time.process(), bus: null, coordinator: null, over: false }
    life = born
    startIn(born, options, { boot: `boot-${boots}-of-coordinator`, phone }).catch((error: unknown) =>
      options.log('error', 'the coordinator could not start', { error: String(error) }),
    )
  }

  const seat = {
    told: [] as Notification[],
    channel: 'up' as Seat['channel'],
    coordinator: () => life?.coordinator ?? null,
    runs: () => wanted,
    start() {
      wanted = true
      if (!life) bear()
    },
    stop() {
      wanted = false
      const stopping = life
      if (stopping?.coordinator) void stopping.coordinator.stop().then(() => end(stopping))
      else if (stopping) end(stopping)
    },
    kill() {
      wanted = false
      if (life) end(life)
    },
    reboot: () => void boots++,
  }
  const phone: Channel = {
    name: 'phone',
    async send(notification) {
      if (seat.channel === 'down')
        throw new InfraError('delivery-failed', 'phone: no route', { context: { retryable: true } })
      seat.told.push(notification)
      return { answer: 'HTTP 200', exchange: '' }
    },
  }
  return seat
}

const startIn = async (
  life: Life,
  options: SeatOptions,
  { boot, phone }: { readonly boot: string; readonly phone: Channel },
): Promise<void> => {
  const { topology, broker, kind, store, sampleMs, chance, trust, log } = options
  const { clock } = life
  life.coordinator = await startCoordinator({
    site: topology.site,
    topology,
    version: '0.0.0',
    boot,
    clock,
    store: whileAlive(store, life),
    channels: [phone, ...(options.others ?? [])],
    params: options.params ?? PARAMS,
    cadence: { sampleMs, refreshMs: 600_000 },
    ...trust,
    knows: (node) => plannedNodes(topology).includes(node),
    newId: ulidFactory(() => [Math.floor(chance() * 2 ** 40), Math.floor(chance() * 2 ** 40)]),
    log,
    makeBus(on, words) {
      life.bus =
        kind === 'embedded' ? embeddedToyBus(broker, on) : externalToyBus(broker, clock, { on, words })
      return life.bus
    },
  })
}

/** The store as one process has it: a dead one writes nothing more. */
const whileAlive = (store: Store, life: Life): Store => ({
  ...store,
  append: (entries) => (life.over ? new Promise(() => {}) : store.append(entries)),
  saveSnapshot: (snapshot) => (life.over ? new Promise(() => {}) : store.saveSnapshot(snapshot)),
})
