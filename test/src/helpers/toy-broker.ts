import { type Clock, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import type { HouseTime } from './house-time.ts'
import { type Pipe, pipe } from './toy-line.ts'

export type ToyPacket = { readonly topic: string; readonly payload: string; readonly retain: boolean }

type ToyClient = {
  readonly id: string
  /** The client's own clock: its keepalive sleeps when it does. */
  readonly clock: Clock
  readonly will: { readonly topic: string; readonly payload: string }
  readonly subscriptions: readonly string[]
  readonly onOpen: () => void
  readonly onMessage: (topic: string, payload: Uint8Array, retained: boolean) => void
  /** Called once, whether it ever opened or not. */
  readonly onEnd: (reason: string) => void
}

/** A client's end of its connection. */
export type ToyLine = {
  publish(packet: ToyPacket, acknowledged?: () => void): void
  /** DISCONNECT: no will. */
  close(): Promise<void>
  /** The client's process dies: the kernel closes its connection, the client hears nothing more. */
  die(): void
}

/**
 * What MQTT 3.1.1 promises, on one time and without a socket: clean sessions, QoS 1 while a connection lasts, order in each
 * direction, retained messages, wills, take-over of a client id, keepalive. Messages under way when a connection ends are lost.
 */
export type ToyBroker = {
  connect(client: ToyClient): ToyLine
  /** What the broker's own process says. */
  publish(packet: ToyPacket): void
  /** Hears everything that is published; `client` is null for the broker's own words. */
  readonly taps: Set<(packet: ToyPacket, client: string | null) => void>
  /** Stops it: all connections end, no will is published. */
  down(options: { readonly keepsRetained: boolean }): void
  up(): void
  /** Nothing passes between this client and the broker, in neither direction. */
  cut(client: string, on: boolean): void
}

/** mqtt.js notices within 1.5 keepalives of 20 s, a broker after exactly that. */
const CLIENT_NOTICES = seconds(25)
const BROKER_NOTICES = seconds(30)
const CONNECT_TIMEOUT = seconds(8)

type Session = {
  readonly client: ToyClient
  readonly wants: (topic: string) => boolean
  readonly toBroker: Pipe
  readonly toClient: Pipe
  /** The client hears of it no more. */
  deaf: boolean
  stalledAt: number | null
}

/** @param latency of the next message one way, milliseconds */
export const toyBroker = (time: HouseTime, latency: () => number): ToyBroker => {
  const sessions = new Map<string, Session>()
  const lines = new Set<Session>()
  const retained = new Map<string, ToyPacket>()
  const cuts = new Set<string>()
  const taps: ToyBroker['taps'] = new Set()
  let running = true

  const receive = (packet: ToyPacket, from: string | null): void => {
    if (packet.retain && packet.payload === '') retained.delete(packet.topic)
    else if (packet.retain) retained.set(packet.topic, packet)
    for (const session of sessions.values()) if (session.wants(packet.topic)) deliver(session, packet, false)
    for (const tap of taps) tap(packet, from)
  }

  const deliver = (session: Session, { topic, payload }: ToyPacket, isRetained: boolean): void =>
    session.toClient.send(() => {
      if (!session.deaf) session.client.onMessage(topic, Buffer.from(payload), isRetained)
    })

  const end = (session: Session, reason: string): void => {
    if (session.deaf) return
    hangUp(session)
    session.client.onEnd(reason)
  }

  const hangUp = (session: Session): void => {
    session.deaf = true
    session.toBroker.shut()
    lines.delete(session)
  }

  /** The broker's side of the end. */
  const drop = (session: Session, { will }: { readonly will: boolean }): void => {
    session.toBroker.shut()
    if (sessions.get(session.client.id) !== session) return
    sessions.delete(session.client.id)
    session.toClient.send(() => end(session, 'the connection was closed'))
    if (will) receive({ ...session.client.will, retain: true }, session.client.id)
  }

  const accept = (session: Session): void => {
    const { client, toClient } = session
    if (!running) return toClient.send(() => end(session, 'connect ECONNREFUSED'))
    const old = sessions.get(client.id)
    if (old) drop(old, { will: true })
    sessions.set(client.id, session)
    toClient.send(() => {
      if (!session.deaf) client.onOpen()
    })
    for (const packet of retained.values()) if (session.wants(packet.topic)) deliver(session, packet, true)
  }

  const stall = (session: Session): void => {
    const at = time.now()
    session.stalledAt = at
    session.toBroker.stall(true)
    session.toClient.stall(true)
    session.client.clock.after(CLIENT_NOTICES, () => {
      if (session.stalledAt === at) end(session, 'Keepalive timeout')
    })
    time.after(BROKER_NOTICES, () => {
      if (session.stalledAt === at) drop(session, { will: true })
    })
  }

  const resume = (session: Session): void => {
    session.stalledAt = null
    session.toBroker.stall(false)
    session.toClient.stall(false)
  }

  return {
    taps,
    publish: (packet) => receive(packet, null),
    connect(client) {
      const session: Session = {
        client,
        wants: matcher(client.subscriptions),
        toBroker: pipe(time, latency),
        toClient: pipe(time, latency),
        deaf: false,
        stalledAt: null,
      }
      lines.add(session)
      if (cuts.has(client.id)) client.clock.after(CONNECT_TIMEOUT, () => end(session, 'connack timeout'))
      else session.toBroker.send(() => accept(session))
      return {
        publish: (packet, acknowledged) =>
          session.toBroker.send(() => {
            receive(packet, client.id)
            if (acknowledged) session.toClient.send(() => void (session.deaf || acknowledged()))
          }),
        close: () =>
          new Promise((resolve) => {
            session.deaf = true
            session.toBroker.send(() => drop(session, { will: false }))
            client.clock.after(milliseconds(2 * latency()), resolve)
          }),
        die() {
          session.deaf = true
          session.toBroker.send(() => drop(session, { will: true }))
        },
      }
    },
    down({ keepsRetained }) {
      running = false
      for (const session of sessions.values()) drop(session, { will: false })
      if (!keepsRetained) retained.clear()
    },
    up() {
      running = true
    },
    cut(id, on) {
      if (on) cuts.add(id)
      else cuts.delete(id)
      for (const session of lines)
        if (session.client.id === id && (session.stalledAt !== null) !== on) (on ? stall : resume)(session)
    },
  }
}

/** MQTT's filters, `+` for one level; nobody here uses `#`. */
const matcher = (filters: readonly string[]): ((topic: string) => boolean) => {
  const patterns = filters.map((filter) => filter.replaceAll('$', String.raw`\$`).replaceAll('+', '[^/]*'))
  const pattern = new RegExp(`^(?:${patterns.join('|')})$`)
  return (topic) => pattern.test(topic)
}
