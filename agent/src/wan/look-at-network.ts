import { parseIpAddr } from '../parse/ip-addr.ts'
import { parseNeighbours } from '../parse/ip-neigh.ts'
import { readRouting } from '../router/actuate.ts'
import { isOurRoute, type Routing } from '../router/plan.ts'
import type { Sys } from '../sys/sys.ts'
import type { Facts, NetworkSeen } from './uplink-facts.ts'

/** What the kernel has now. @throws InfraError exec-failed, exec-timeout, parse-failed */
export const lookAtNetwork = async (sys: Pick<Sys, 'exec'>): Promise<NetworkSeen & Routing> => {
  const [interfaces, routing, neighbours] = await Promise.all([
    sys.exec('ip', ['-j', '-d', 'addr']).then(parseIpAddr),
    readRouting(sys),
    sys.exec('ip', ['-j', 'neigh']).then(parseNeighbours),
  ])
  return { interfaces, neighbours, ...routing }
}

/** The uplink that the kernel's default of ours leads to; null for none. Pure. */
export const activeIn = (
  { routes }: Pick<Routing, 'routes'>,
  uplinks: readonly { readonly id: string; readonly interface: string }[],
  facts: Facts,
): string | null => {
  const ours = routes.find(
    (route) => route.table === 'main' && route.destination === 'default' && isOurRoute(route),
  )
  const leads = ({ id, interface: device }: (typeof uplinks)[number]): boolean =>
    device === ours?.interface &&
    (facts.get(id)?.networks.some(({ gateway }) => gateway === ours.gateway) ?? false)
  return uplinks.find(leads)?.id ?? uplinks.find((one) => one.interface === ours?.interface)?.id ?? null
}

/** The device of the kernel's best default route of a family, whoever made it; null for none. Pure. */
export const defaultDevice = (
  { routes }: Pick<Routing, 'routes'>,
  family: 'ipv4' | 'ipv6' = 'ipv4',
): string | null =>
  routes
    .filter(
      (route) =>
        route.family === family &&
        route.table === 'main' &&
        route.destination === 'default' &&
        route.kind === 'unicast',
    )
    .toSorted((a, b) => (a.metric ?? 0) - (b.metric ?? 0))[0]?.interface ?? null

const IPV6_FORWARDING = '/proc/sys/net/ipv6/conf/all/forwarding'

/** Settings with which packets get lost that routes and marks lead right (Documentation/networking/ip-sysctl.rst). */
export const kernelFault = async (
  sys: Pick<Sys, 'readText'>,
  {
    devices,
    forwardsIpv6,
  }: {
    readonly devices: readonly string[]
    /** Whether it is meant to. */
    readonly forwardsIpv6: boolean
  },
): Promise<string | null> => {
  const read = async (name: string): Promise<string> =>
    (await sys.readText(`/proc/sys/net/ipv4/${name}`))?.trim() ?? ''
  if ((await read('ip_forward')) === '0') return 'net.ipv4.ip_forward is 0: nothing is forwarded'
  if (forwardsIpv6 && (await sys.readText(IPV6_FORWARDING))?.trim() === '0')
    return 'net.ipv6.conf.all.forwarding is 0: nothing is forwarded over IPv6'
  if ((await read('conf/all/src_valid_mark')) === '1') return null
  const all = await read('conf/all/rp_filter')
  for (const device of devices) {
    const own = await read(`conf/${device}/rp_filter`)
    if (Math.max(Number(own), Number(all)) === 1)
      return `net.ipv4.conf.${device}.rp_filter is strict: pinned flows get lost unless it is 2 or conf.all.src_valid_mark is 1`
  }
  return null
}
