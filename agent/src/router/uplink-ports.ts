import type { PortRange } from '../sys/reach.ts'
import type { RoutedUplink } from './plan.ts'

/** Behind the ports that the kernel gives away by itself (ip_local_port_range, 32768 to 60999). */
const FIRST_PORT = 61_000
const PORTS_EACH = 500
const MOST_SHARING = 9

/**
 * The source ports by which an uplink is told from others that were given the same IPv4 address, as two boxes of one brand do; null for one whose
 * address is its own. Pure.
 */
export const portsOf = (
  uplinks: readonly Pick<RoutedUplink, 'id' | 'networks'>[],
  id: string,
): PortRange | null => {
  const addressOf = ({ networks }: Pick<RoutedUplink, 'networks'>): string | undefined =>
    networks.find(({ family }) => family === 'ipv4')?.address
  const own = uplinks.find((one) => one.id === id)
  const address = own && addressOf(own)
  const sharing = uplinks.filter((one) => address !== undefined && addressOf(one) === address)
  const place = sharing.findIndex((one) => one.id === id)
  if (sharing.length < 2 || place < 0 || place >= MOST_SHARING) return null
  const first = FIRST_PORT + place * PORTS_EACH
  return { first, last: first + PORTS_EACH - 1 }
}
