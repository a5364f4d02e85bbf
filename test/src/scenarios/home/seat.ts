import type { Channel, Notification } from '@infra-home/coordinator/alerts/channels/channel.ts'
import type { CoordinatorOptions } from '@infra-home/coordinator/coordinator-options.ts'
import { type Coordinator, startCoordinator } from '@infra-home/coordinator/coordinator.ts'
import type { Store } from '@infra-home/coordinator/db/store.ts'
import type { Params } from '@infra-home/coordinator/decide/policy.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { plannedNodes } from '@infra-home/coordinator/world/world.ts'
import type { Clock } from '@infra-home/shared/clock.ts'
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
  /** What it decides by, and who is told. */
  readonly params: Params
  /** Ways to people beside `phone`. */
  readonly others?: readonly Channel[]
  /** Keys of nodes' messages, where they are not those of `trust`. */
  readonly macKeyOf?: CoordinatorOptions['macKeyOf']
  /** Whether there is a way to `phone` at all; always unless it is said. */
  readonly reaches?: () => boolean
  /** What runs beside each coordinator; what is returned stops it. */
  readonly beside?: (coordinator: Coordinator, clock: Clock) => () => void
  readonly chance: () => number
  readonly trust: TestTrust
  readonly log: Log
}

/** Where the coordinator runs: it starts, stops, dies, and starts again on the same store. */
export type Seat = {
  readonly told: Notification[]
  /** What the only channel, `phone`, answers from now on. */
  channel: 'up' | 'down'
  /** Whether the coordinator's own disk takes anything. */
  disk: 'works' | 'full'
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
  stopBeside: () => void
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
    const born: Life = {
      clock: options.time.process(),
      bus: null,
      coordinator: null,
      stopBeside: () => {},
      over: false,
    }
    life = born
    const isFull = (): boolean => seat.disk === 'full'
    startIn(born, options, { boot: `boot-${boots}-of-coordinator`, phone, isFull }).catch((error: unknown) =>
      options.log('error', 'the coordinator could not start', { error: String(error) }),
    )
  }

  const seat = {
    told: [] as Notification[],
    channel: 'up' as Seat['channel'],
    disk: 'works' as Seat['disk'],
    coordinator: () => life?.coordinator ?? null,
    runs: () => wanted,
    start() {
      wanted = true
      if (!life) bear()
    },
    stop() {
      wanted = false
      const stopping = life
      stopping?.stopBeside()
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
      if (seat.channel === 'down' || options.reaches?.() === false)
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
  { boot, phone, isFull }: { readonly boot: string; readonly phone: Channel; readonly isFull: () => boolean },
): Promise<void> => {
  const { topology, broker, kind, store, sampleMs, chance, trust, log } = options
  const { clock } = life
  life.coordinator = await startCoordinator({
    site: topology.site,
    topology,
    version: '0.0.0',
    boot,
    clock,
    store: whileAlive({ ...store, append: (entries) => (isFull() ? full() : store.append(entries)) }, life),
    channels: [phone, ...(options.others ?? [])],
    params: options.params,
    cadence: { sampleMs, refreshMs: 600_000 },
    ...trust,
    ...(options.macKeyOf && { macKeyOf: options.macKeyOf }),
    knows: (node) => plannedNodes(topology).includes(node),
    newId: ulidFactory(() => [Math.floor(chance() * 2 ** 40), Math.floor(chance() * 2 ** 40)]),
    log,
    makeBus(on, words) {
      life.bus =
        kind === 'embedded' ? embeddedToyBus(broker, on) : externalToyBus(broker, clock, { on, words })
      return life.bus
    },
  })
  if (options.beside) life.stopBeside = options.beside(life.coordinator, clock)
}

const full = async (): Promise<never> => {
  throw new InfraError('store-full', 'database or disk is full')
}

/** The store as one process has it: a dead one writes nothing more. */
const whileAlive = (store: Store, life: Life): Store => ({
  ...store,
  append: (entries) => (life.over ? new Promise(() => {}) : store.append(entries)),
  saveSnapshot: (snapshot) => (life.over ? new Promise(() => {}) : store.saveSnapshot(snapshot)),
})
