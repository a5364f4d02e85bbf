import {
  type CancelTimer,
  type Clock,
  type DurationMs,
  milliseconds,
  seconds,
  sleep,
} from '@infra-home/shared/clock.ts'
import type { Wire, WireMaker, WireOptions } from './sys/wire.ts'

const FIRST_WAIT = seconds(1)
const LONGEST_WAIT = seconds(60)
/** A connection that held this long starts the waits anew. */
const SETTLED_AFTER = seconds(30)

/** A broker that does not answer a good-bye is left without one. */
const GOODBYE = seconds(2)

export type Connection = {
  start(): void
  /** null while there is none. */
  wire(): Wire | null
  /** Counts the connections of this session, from 1; the one that is open or being made. */
  count(): number
  /** Makes the connection anew, now: after a good-bye where there is one. */
  redial(): Promise<void>
  stop(): Promise<void>
}

export type ConnectionOptions = {
  readonly clock: Clock
  readonly make: WireMaker
  /** A fraction from 0 to 1 that spreads the waits of many agents after a broker's restart. */
  readonly jitter: () => number
  readonly will: (connection: number) => WireOptions['will']
  readonly subscriptions: WireOptions['subscriptions']
  readonly atMostOnce: readonly string[]
  readonly onOpen: () => void
  readonly onMessage: WireOptions['onMessage']
  readonly onEnd: (reason: string, retryIn: DurationMs) => void
}

/** Keeps one connection to the broker, and makes a new one with growing, spread-out waits when it ends. */
export const createConnection = (options: ConnectionOptions): Connection => {
  const { clock, make, jitter } = options
  let wire: Wire | null = null
  let open = false
  let openedAt: number | null = null
  let count = 0
  let failures = 0
  let cancel: CancelTimer = () => {}
  let stopped = false

  const dial = (): void => {
    count++
    wire = make({
      will: options.will(count),
      subscriptions: options.subscriptions,
      atMostOnce: options.atMostOnce,
      onMessage: options.onMessage,
      onOpen() {
        open = true
        openedAt = clock.now().mono
        options.onOpen()
      },
      onEnd: hangUp,
    })
  }

  const hangUp = (reason: string): void => {
    const held = openedAt === null ? 0 : clock.now().mono - openedAt
    failures = held >= SETTLED_AFTER ? 1 : failures + 1
    wire = null
    open = false
    openedAt = null
    if (stopped) return
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(10, failures - 1))
    const retryIn = milliseconds(Math.round(wait * (0.5 + jitter() / 2)))
    options.onEnd(reason, retryIn)
    cancel = clock.after(retryIn, dial)
  }

  const leave = async (): Promise<void> => {
    const last = wire
    wire = null
    open = false
    openedAt = null
    if (last) await Promise.race([last.close(), sleep(clock, GOODBYE)])
  }

  return {
    start: dial,
    wire: () => (open ? wire : null),
    count: () => count,
    async redial() {
      if (wire && !open) return // it is being made
      cancel()
      await leave()
      if (!stopped && wire === null) dial()
    },
    async stop() {
      stopped = true
      cancel()
      await leave()
    },
  }
}
