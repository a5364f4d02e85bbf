/** Counters of one interface since it came up. */
export type Counters = {
  readonly rxBytes: number
  readonly rxErrors: number
  readonly rxDropped: number
  readonly txBytes: number
  readonly txErrors: number
  readonly txDropped: number
}

/** Bytes, errors and drops by interface, of /proc/net/dev. */
export const parseNetDev = (text: string): Map<string, Counters> =>
  new Map(
    netDevLines(text).map(([name, [rxBytes = 0, , rxErrors = 0, rxDropped = 0, ...rest]]) => {
      const [, , , , txBytes = 0, , txErrors = 0, txDropped = 0] = rest
      return [name, { rxBytes, rxErrors, rxDropped, txBytes, txErrors, txDropped }]
    }),
  )

/** Packets of one interface since it came up. */
export type Packets = { readonly received: number; readonly sent: number }

/** Packets of some interfaces, of /proc/net/dev: it is read ten times a second on machines with dozens of others. */
export const parsePackets = (text: string, interfaces: readonly string[]): Map<string, Packets> =>
  new Map(
    netDevLines(text, interfaces).map(([name, counters]) => [
      name,
      { received: counters[1] ?? 0, sent: counters[9] ?? 0 },
    ]),
  )

/** Two heads, then `name: 8 receive counters, 8 transmit counters`. */
const netDevLines = (
  text: string,
  interfaces: readonly string[] | null = null,
): (readonly [name: string, counters: readonly number[]])[] =>
  text
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      const colon = line.lastIndexOf(':')
      const name = line.slice(0, Math.max(0, colon)).trim()
      if (name === '' || interfaces?.includes(name) === false) return []
      const counters = line
        .slice(colon + 1)
        .trim()
        .split(/\s+/)
        .map(Number)
      return counters.length < 16 || counters.some(Number.isNaN) ? [] : [[name, counters] as const]
    })

/** An IPv4 gateway of a default route in the main table; of two, the one with the lower metric is used. */
export type DefaultGateway = {
  readonly interface: string
  readonly gateway: string
  readonly metric: number
}

/** Reads /proc/net/route, whose addresses are hexadecimal in the machine's (little-endian) order. */
export const parseNetRoute = (text: string): DefaultGateway[] =>
  text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [name, destination, gateway, , , , metric, mask] = line.split('\t')
      if (!name || destination !== '00000000' || mask !== '00000000' || gateway === '00000000') return []
      const address = littleEndian(gateway ?? '')
      return address === null ? [] : [{ interface: name, gateway: address, metric: Number(metric) || 0 }]
    })

const littleEndian = (hex: string): string | null => {
  const bytes = /^([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})$/i.exec(hex)
  return bytes
    ? bytes
        .slice(1)
        .reverse()
        .map((byte) => Number.parseInt(byte, 16))
        .join('.')
    : null
}

export type ArpEntry = {
  readonly interface: string
  readonly address: string
  readonly mac: string
  readonly complete: boolean
}

/** ATF_COM of linux/if_arp.h: the entry has a hardware address. */
const COMPLETE = 0x02

/** Reads /proc/net/arp: address, hardware type, flags, hardware address, mask, device. */
export const parseArp = (text: string): ArpEntry[] =>
  text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [address, , flags, mac, , name] = line.trim().split(/\s+/)
      if (!address || !flags || !mac || !name || !/^0x[0-9a-f]+$/i.test(flags)) return []
      return [{ address, mac, interface: name, complete: (Number(flags) & COMPLETE) !== 0 }]
    })
