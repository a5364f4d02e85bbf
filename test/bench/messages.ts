import { uptime } from 'node:os'
import { rfc3339, wallMs } from '@infra-home/shared/clock.ts'

const NUMBERS = {
  'link/eth0': { rxBytes: 123_456_789, txBytes: 98_765_432, rxErrors: 0, txErrors: 0 },
  'host/host': { temperatureC: 51.2, memoryAvailableBytes: 201_326_592, load1: 0.21 },
}

const envelope = (node: string, seq: number | null): object => {
  const mono = Math.round(uptime() * 1000)
  const at = rfc3339(wallMs(Date.now()))
  return { v: 1, site: 'bench', node, boot: `boot-of-${node}`, session: 1, seq, at, mono, sentMono: mono }
}

/** A batch of numbers of an ordinary size, about 330 bytes. */
export const tmPayload = (node: string, seq: number): string =>
  JSON.stringify({ ...envelope(node, seq), numbers: NUMBERS })

export const birthPayload = (node: string): string =>
  JSON.stringify({
    ...envelope(node, null),
    connection: 1,
    agentVersion: '0.1.0',
    mode: 'read-only',
    capabilities: [],
    verbs: [{ verb: 'rebirth', lacks: [] }],
    cadenceMs: 10_000,
    states: [],
    owed: [{ session: 1, from: 1 }],
    newestCommand: null,
  })

export const linkPayload = (node: string, seq: number, carrier: boolean): string =>
  JSON.stringify({
    ...envelope(node, seq),
    body: {
      kind: 'ethernet',
      adminUp: true,
      carrier,
      operState: carrier ? 'up' : 'down',
      carrierChanges: seq,
      speedMbps: 1000,
      duplex: 'full',
      mtu: 1500,
      mac: 'dc:a6:32:00:00:01',
      parent: null,
      addresses: [{ address: '10.10.0.11', prefix: 24, family: 'ipv4', scope: 'global' }],
    },
  })
