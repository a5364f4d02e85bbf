import { type Clock, rfc3339 } from '@infra-home/shared/clock.ts'
import type { Envelope } from '@infra-home/shared/messages/envelope.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'

export type Voice = {
  readonly node: string
  envelope(seq?: number | null): Envelope
  /** Topic and payload of each kind of message, as the agent would send it now. */
  birth(owed?: { session: number; from: number }[], states?: string[]): [string, object]
  presence(state: string, connection?: number): [string, object]
  state(kind: string, id: string, body: unknown, seq?: number): [string, object]
  tm(numbers: Record<string, Numbers>, seq?: number): [string, object]
  gap(from: number, to: number, seq?: number): [string, object]
}

/** Speaks as a node on `clock`: right envelopes, numbers that go up. */
export const voice = (
  node: string,
  clock: Clock,
  options: { session?: number; boot?: string; site?: string } = {},
): Voice => {
  const { session = 1, boot = `boot-of-${node}`, site = 'home' } = options
  let seq = 0
  const envelope = (number: number | null = ++seq): Envelope => {
    const { wall, mono } = clock.now()
    return { v: 1, site, node, boot, session, seq: number, at: rfc3339(wall), mono, sentMono: mono }
  }
  const base = `ih/1/${node}`
  return {
    node,
    envelope,
    birth: (owed = [{ session, from: 1 }], states = []) => [
      `${base}/$birth`,
      {
        ...envelope(null),
        connection: 1,
        agentVersion: '0.1.0',
        mode: 'read-only',
        capabilities: [],
        verbs: [{ verb: 'rebirth', lacks: [] }],
        cadenceMs: 10_000,
        states,
        owed,
        newestCommand: null,
      },
    ],
    presence: (state, connection = 1) => [`${base}/$state`, { ...envelope(null), state, connection }],
    state: (kind, id, body, number) => [
      `${base}/state/${kind}/${encodeURIComponent(id)}`,
      { ...envelope(number), body },
    ],
    tm: (numbers, number) => [`${base}/tm`, { ...envelope(number), numbers }],
    gap: (from, to, number) => [
      `${base}/event/gap`,
      { ...envelope(number), id: '01JD0000000000000000000000', body: { session, from, to, reason: 'full' } },
    ],
  }
}

/** A modem that is fine. */
export const MODEM: ModemState = {
  driver: 'hilink',
  address: '192.168.8.1',
  state: 'online',
  cause: null,
  rat: 'lte',
  operator: 'Orange',
  plmn: '20801',
  registration: 'home',
  dataSession: 'connected',
  sim: 'ready',
  band: '7',
  cellId: '44294436',
  pci: 43,
}

export const LINK = {
  kind: 'ethernet',
  adminUp: true,
  carrier: true,
  operState: 'up',
  carrierChanges: 1,
  speedMbps: 1000,
  duplex: 'full',
  mtu: 1500,
  mac: 'dc:a6:32:00:00:01',
  parent: null,
  addresses: [{ address: '10.10.0.11', prefix: 24, family: 'ipv4', scope: 'global' }],
} as const
