import { isIP } from 'node:net'
import type { Reach } from './contact.ts'

/** Addresses that no packet leaves a house for (RFC 1918, 3927, 4193, 4291). */
const OF_THE_HOUSE = [
  /^10\./,
  /^127\./,
  /^192\.168\./,
  /^172\.(1[6-9]|2\d|3[01])\./,
  /^169\.254\./,
  /^f[cd]/i,
  /^fe80:/i,
  /^::1$/,
]
/** Names that no public server answers for (RFC 6761, 6762, 8375; `.internal` is ICANN's). */
const NAMES_OF_THE_HOUSE = /^[^.]+$|\.(local|lan|home\.arpa|internal|localhost)$/i

/** What a channel's server needs to be reached: its owner's word, or what its address says. Pure. */
export const reachOf = (channel: {
  readonly over?: Reach
  readonly url?: unknown
  readonly server?: unknown
  readonly host?: unknown
}): Reach => {
  if (channel.over) return channel.over
  const named = [channel.url, channel.server, channel.host].find((one) => typeof one === 'string')
  return typeof named === 'string' && isOfTheHouse(hostOf(named)) ? 'house' : 'internet'
}

const hostOf = (named: string): string =>
  (URL.canParse(named) && named.includes('://') ? new URL(named).hostname : named).replaceAll(/^\[|\]$/g, '')

const isOfTheHouse = (host: string): boolean =>
  isIP(host) ? OF_THE_HOUSE.some((pattern) => pattern.test(host)) : NAMES_OF_THE_HOUSE.test(host)
