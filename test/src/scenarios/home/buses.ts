import { type Bus, type BusOptions, NODE_SUBSCRIPTIONS } from '@infra-home/coordinator/broker/bus.ts'
import { type Clock, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { coordinatorStateTopic } from '@infra-home/shared/topics.ts'
import type { ToyBroker, ToyLine, ToyPacket } from '../../helpers/toy-broker.ts'

/** A bus whose process can die. */
export type MortalBus = Bus & { die(): void }

type Words = { readonly will: () => string; readonly greet: () => void }

const RECONNECT = seconds(1)

/** The coordinator as a client of somebody else's broker: what coordinator/broker/external.ts and mqtt.js do together. */
export const externalToyBus = (
  broker: ToyBroker,
  clock: Clock,
  { on, words }: { readonly on: BusOptions; readonly words: Words },
): MortalBus => {
  let line: ToyLine | null = null
  let open = false
  let ended = false
  const unacknowledged = new Set<{ readonly packet: ToyPacket; readonly done: () => void }>()

  const send = (entry: { readonly packet: ToyPacket; readonly done: () => void }): void =>
    line?.publish(entry.packet, () => {
      if (unacknowledged.delete(entry)) entry.done()
    })

  const dial = (will: string, opened: () => void): void => {
    if (ended) return
    line = broker.connect({
      id: 'coordinator',
      clock,
      will: { topic: coordinatorStateTopic, payload: will },
      subscriptions: [...NODE_SUBSCRIPTIONS, coordinatorStateTopic],
      onOpen() {
        open = true
        for (const entry of unacknowledged) send(entry)
        words.greet()
        opened()
      },
      onMessage(topic, payload, retained) {
        if (topic === coordinatorStateTopic) return on.onCoordinatorState(Buffer.from(payload).toString())
        on.onArrival({ topic, payload, retained, client: null })
      },
      onEnd() {
        open = false
        line = null
        if (!ended) clock.after(RECONNECT, () => dial(will, opened))
      },
    })
  }

  return {
    address: 'mqtt://broker',
    connected: () => open,
    start: () => new Promise((resolve) => dial(words.will(), resolve)),
    async stop() {
      ended = true
      await line?.close()
    },
    publish: (topic, payload, { retain }) =>
      new Promise((resolve, reject) => {
        if (!open) return reject(new InfraError('broker-failed', 'not connected to the broker'))
        const entry = { packet: { topic, payload, retain }, done: resolve }
        unacknowledged.add(entry)
        send(entry)
      }),
    die() {
      ended = true
      open = false
      line?.die()
    },
  }
}

/** The coordinator with a broker of its own, which lives and dies with it and remembers nothing: coordinator/broker/embedded.ts. */
export const embeddedToyBus = (broker: ToyBroker, on: BusOptions): MortalBus => {
  let running = false
  const hear = ({ topic, payload }: ToyPacket, client: string | null): void => {
    if (topic === coordinatorStateTopic) return on.onCoordinatorState(payload)
    if (client !== null) on.onArrival({ topic, payload: Buffer.from(payload), retained: false, client })
  }
  const die = (): void => {
    running = false
    broker.taps.delete(hear)
    broker.down({ keepsRetained: false })
  }
  return {
    address: 'mqtt://here',
    connected: () => running,
    async start() {
      running = true
      broker.taps.add(hear)
      broker.up()
    },
    async stop() {
      die()
    },
    async publish(topic, payload, { retain }) {
      if (!running) throw new InfraError('broker-failed', 'the broker is not running')
      broker.publish({ topic, payload, retain })
    },
    die,
  }
}
