import { BlockList, isIP } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** True for a name or an address that only this machine can reach. */
export const isLoopback = (host: string): boolean => {
  const plain = host.replace(/^::ffff:/, '')
  const family = isIP(plain)
  return family === 0 ? plain === 'localhost' : loopback.check(plain, family === 6 ? 'ipv6' : 'ipv4')
}

/** True for an address that means all of this machine's. */
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'
