import { type DeviceSeen, seeDevice } from '@infra-home/agent/wan/device-balance.ts'
import { milliseconds, monoMs, type MonoMs } from '@infra-home/shared/clock.ts'
import { ACTIVE_PACE, paceWhileUsed } from '@infra-home/shared/wan/pace.ts'
import { nextAsks, NO_RHYTHM } from '@infra-home/shared/wan/rhythm.ts'
import { type ProbeMethod, type Silence, UNWATCHED } from '@infra-home/shared/wan/silence.ts'
import { watchSilence } from '@infra-home/shared/wan/watch-silence.ts'
import type { Random } from '../conformance/mangle.ts'

/** What users do with the line. */
export type Traffic = 'both-ways' | 'idle' | 'one-way-upload' | 'tcp-upload' | 'full-queue' | 'chat'

export type ToyPath = {
  readonly roundTripMs: number
  readonly traffic: Traffic
  /** 0 to 1, each way. */
  readonly loss?: number
  /** Nothing passes from … to, milliseconds; `up` alone lets downstream packets pass. */
  readonly outages?: readonly { readonly from: number; readonly to: number; readonly way?: 'both' | 'up' }[]
  /** This process stands still from … to. */
  readonly standstill?: { readonly from: number; readonly to: number }
}

const TICK = 100
const ASK_EVERY = 400
const TARGETS = ['1.1.1.1', '8.8.8.8', '9.9.9.9'] as const
const QUEUE_MS = 800

type Due = { readonly at: number; readonly run: () => void }

/**
 * Lives through `untilMs` of a path in simulated time, with the probes of a router's agent and users' packets.
 * @returns every change of what is thought of the path, with its time in milliseconds, and what was probed
 */
export const watchToyPath = (
  path: ToyPath,
  random: Random,
  untilMs: number,
): { readonly changes: readonly { at: number; beyond: Silence['beyond'] }[]; readonly probes: number } => {
  const { roundTripMs, traffic, loss = 0, outages = [], standstill } = path
  let due: Due[] = []
  let now = 0
  let silence = UNWATCHED
  let ids = 0
  /** Users' packets since they were last asked for, and all that pass the device. */
  const counted = { sent: 0, received: 0 }
  const passing = { sent: 0, received: 0 }
  let device: DeviceSeen | undefined
  let askedAt = 0
  const changes: { at: number; beyond: Silence['beyond'] }[] = []
  const at = (time: number, run: () => void): void => void due.push({ at: time, run })
  const mono = (): MonoMs => monoMs(now)
  const isOut = (time: number, way: 'up' | 'down'): boolean =>
    outages.some(
      ({ from, to, way: cut = 'both' }) => time >= from && time < to && (cut === 'both' || way === 'up'),
    )
  const isLost = (): boolean => random(10_000) < loss * 10_000
  const upDelay = roundTripMs / 2 + (traffic === 'full-queue' ? QUEUE_MS : 0)
  /** Calls `arrived` when a packet and its answer both passed. */
  const trip = (arrived: () => void): void => {
    if (isOut(now, 'up') || isLost()) return
    at(now + upDelay, () => {
      if (isOut(now, 'down') || isLost()) return
      at(now + roundTripMs / 2, arrived)
    })
  }
  const note = (next: Silence): void => {
    if (next.beyond !== silence.beyond) changes.push({ at: now, beyond: next.beyond })
    silence = next
  }
  const probe = (method: ProbeMethod, target: string): void => {
    const id = ++ids
    const begun = now
    note(watchSilence(silence, { kind: 'probe', id, method, target }, mono()))
    passing.sent++
    trip(() => {
      passing.received++
      whenAwake(() =>
        note(watchSilence(silence, { kind: 'answer', id, rttMs: milliseconds(now - begun) }, mono())),
      )
    })
  }
  const isAsleep = (): boolean => standstill !== undefined && now >= standstill.from && now < standstill.to
  const whenAwake = (run: () => void): void => (isAsleep() && standstill ? at(standstill.to, run) : run())
  const send = (): void => {
    counted.sent++
    passing.sent++
  }
  const receive = (): void => {
    counted.received++
    passing.received++
  }

  let rhythm = NO_RHYTHM
  const tick = (): void => {
    at(now + TICK, tick)
    if (isAsleep()) return
    device = seeDevice(device, { ...passing }, mono())
    if (device.isOneSided || now - askedAt >= ASK_EVERY) {
      const { heardAt, sentSince } = device
      note(watchSilence(silence, { kind: 'traffic', ...counted, heardAt, sentSince }, mono()))
      askedAt = now
      counted.sent = counted.received = 0
    }
    note(watchSilence(silence, { kind: 'tick' }, mono()))
    const next = nextAsks(
      rhythm,
      {
        probing: silence.probing,
        targets: TARGETS,
        pace: paceWhileUsed(ACTIVE_PACE, silence.receivedAt, mono()),
      },
      mono(),
    )
    rhythm = next.rhythm
    for (const { method, target } of next.asks) probe(method, target)
  }
  at(random(TICK), tick)
  startUsers({ traffic, at, now: () => now, trip, send, receive, random, isOut })

  while (now < untilMs) {
    due.sort((a, b) => a.at - b.at)
    const [next, ...rest] = due
    if (!next) break
    due = rest
    now = Math.max(now, next.at)
    next.run()
  }
  return { changes, probes: ids }
}

type Users = {
  readonly traffic: Traffic
  readonly at: (time: number, run: () => void) => void
  readonly now: () => number
  readonly trip: (arrived: () => void) => void
  readonly send: () => void
  readonly receive: () => void
  readonly random: Random
  readonly isOut: (time: number, way: 'up' | 'down') => boolean
}

const startUsers = (users: Users): void => {
  switch (users.traffic) {
    case 'idle':
      return
    case 'both-ways':
      asking(users, 50)
      return streaming(users)
    case 'one-way-upload':
      return pushing(users, 20)
    case 'chat':
      return asking(users, 7000)
    case 'tcp-upload':
    case 'full-queue':
      return uploading(users)
  }
}

/** Packets that are each answered. */
const asking = ({ at, now, trip, send, receive, random }: Users, period: number): void => {
  const again = (): void => {
    at(now() + period, again)
    send()
    trip(receive)
  }
  at(random(period), again)
}

/** A stream from outside. */
const streaming = ({ at, now, receive, isOut }: Users): void => {
  const again = (): void => {
    at(now() + 20, again)
    if (!isOut(now(), 'down')) receive()
  }
  at(0, again)
}

/** Packets that nobody answers. */
const pushing = ({ at, now, send }: Users, period: number): void => {
  const again = (): void => {
    at(now() + period, again)
    send()
  }
  at(0, again)
}

const WINDOW = 10
const FIRST_TIMEOUT = 300

/** TCP that sends a window, waits for acknowledgements, and asks again ever later when none comes. */
const uploading = ({ at, now, trip, send, receive }: Users): void => {
  let acknowledged = now()
  let flying = 0
  let timeout = FIRST_TIMEOUT
  const sendOne = (): void => {
    send()
    flying++
    trip(() => {
      receive()
      acknowledged = now()
      timeout = FIRST_TIMEOUT
      flying = 0
    })
  }
  const pump = (): void => {
    at(now() + 25, pump)
    if (flying < WINDOW) return sendOne()
    if (now() - acknowledged < Math.max(timeout, 2000 * Number(timeout > FIRST_TIMEOUT))) return
    acknowledged = now()
    timeout *= 2
    sendOne()
  }
  at(0, pump)
}
