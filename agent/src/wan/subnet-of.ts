import { parseAddress, type Subnet } from '@infra-home/shared/topology/subnet.ts'

const BITS = { ipv4: 32, ipv6: 128 } as const

/** The network of an address, and how `ip` writes it; null for what is no address. Pure. */
export const subnetOf = (address: string, prefix: number): (Subnet & { readonly text: string }) | null => {
  const parsed = parseAddress(address)
  if (!parsed || prefix < 0 || prefix > BITS[parsed.family]) return null
  const host = BigInt(BITS[parsed.family] - prefix)
  const value = (parsed.value >> host) << host
  const { family } = parsed
  const base = family === 'ipv4' ? ipv4Text(value) : ipv6Text(value)
  return { family, value, prefix, text: host === 0n ? base : `${base}/${prefix}` }
}

const ipv4Text = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.')

/** The canonical form (RFC 5952 §4): the longest run of two or more zero groups is left out, the first of equal ones. */
const ipv6Text = (value: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn))
  const runs = groups.map((_, from) => zerosFrom(groups, from))
  const longest = Math.max(...runs)
  const hex = groups.map((group) => group.toString(16))
  if (longest < 2) return hex.join(':')
  const from = runs.indexOf(longest)
  return `${hex.slice(0, from).join(':')}::${hex.slice(from + longest).join(':')}`
}

const zerosFrom = (groups: readonly number[], from: number): number => {
  const end = groups.findIndex((group, i) => i >= from && group !== 0)
  return (end < 0 ? groups.length : end) - from
}
