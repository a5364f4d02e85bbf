import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '@infra-home/shared/clock.ts'
import type { Envelope } from '@infra-home/shared/messages/envelope.ts'
import type { EventBody, EventKind } from '@infra-home/shared/messages/event.ts'
import { splitStateKey, stateKey, type StateKey } from '@infra-home/shared/messages/states.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { formatTopic } from '@infra-home/shared/topics.ts'
import type { ObservedState, Reading } from './collectors/collector.ts'
import { type Identity, sealEnvelope } from './envelope.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { Wire } from './sys/wire.ts'

type Sealed = { readonly topic: string; readonly message: Envelope }

/**
 * Turns what was seen into messages: a state when it is different from what was said last, numbers as they come, events
 * once. Everything goes through the outbox; what can go now goes now.
 */
export type Publisher = {
  /** Says the states that changed; numbers are left to the caller, who knows what belongs together. */
  states(reading: Reading): void
  numbers(numbers: Readonly<Record<StateKey, Numbers>>): void
  event<K extends EventKind>(kind: K, body: EventBody[K]): void
  /** Says every current state again, as after a new connection: the same messages with the same numbers. */
  repeatStates(): void
  /** Keys of what exists now, for the birth. */
  stateKeys(): StateKey[]
}

export type PublisherOptions = {
  readonly identity: Identity
  readonly clock: Clock
  readonly outbox: Pick<Outbox, 'next' | 'add'>
  readonly newId: (wall: number) => string
  readonly wire: () => Wire | null
}

export const createPublisher = ({ identity, clock, outbox, newId, wire }: PublisherOptions): Publisher => {
  const current = new Map<StateKey, { readonly body: unknown; readonly sealed: Sealed }>()

  const send = (
    { topic, message }: Sealed,
    options: { readonly qos: 0 | 1; readonly retain: boolean },
  ): void => {
    wire()?.publish(topic, JSON.stringify({ ...message, sentMono: Math.round(clock.now().mono) }), options)
  }

  const keep = (sealed: Sealed, urgency: 'event' | 'number', options: Parameters<typeof send>[1]): void => {
    outbox.add({ ...sealed, urgency })
    send(sealed, options)
  }

  const sayState = (kind: ObservedState['kind'], id: string, body: unknown): Sealed => {
    const message = { ...sealEnvelope(identity, clock, outbox.next()), body }
    const sealed = { topic: formatTopic({ node: identity.node, kind: 'state', state: kind, id }), message }
    keep(sealed, 'event', { qos: 1, retain: true })
    return sealed
  }

  const sayGone = (reading: Reading): void => {
    const here = new Set(reading.states.map(({ kind, id }) => stateKey(kind, id)))
    for (const key of current.keys()) {
      const [kind, id] = splitStateKey(key)
      if (!reading.whole.includes(kind) || here.has(key)) continue
      sayState(kind, id, null)
      current.delete(key)
    }
  }

  return {
    states(reading) {
      for (const { kind, id, body } of reading.states) {
        const key = stateKey(kind, id)
        const old = current.get(key)
        if (!old || !isDeepStrictEqual(old.body, body))
          current.set(key, { body, sealed: sayState(kind, id, body) })
      }
      sayGone(reading)
    },
    numbers(numbers) {
      if (Object.keys(numbers).length === 0) return
      const message = { ...sealEnvelope(identity, clock, outbox.next()), numbers }
      keep({ topic: formatTopic({ node: identity.node, kind: 'tm' }), message }, 'number', {
        qos: 0,
        retain: false,
      })
    },
    event(kind, body) {
      const message = { ...sealEnvelope(identity, clock, outbox.next()), id: newId(clock.now().wall), body }
      const topic = formatTopic({ node: identity.node, kind: 'event', event: kind })
      keep({ topic, message }, 'event', { qos: 1, retain: false })
    },
    repeatStates() {
      for (const { sealed } of current.values()) send(sealed, { qos: 1, retain: true })
    },
    stateKeys: () => [...current.keys()],
  }
}
