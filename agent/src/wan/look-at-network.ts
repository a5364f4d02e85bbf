import { parseIpAddr } from '../parse/ip-addr.ts'
import { parseNeighbours } from '../parse/ip-neigh.ts'
import { readRouting } from '../router/actuate.ts'
import type { Family } from '../router/families.ts'
import { isMainDefault, isOurRoute } from '../router/ours.ts'
import type { Routing } from '../router/plan.ts'
import { defaultBeforeOurs, metricOf } from '../router/precedence.ts'
import type { Sys } from '../sys/sys.ts'
import type { Facts, NetworkSeen, UplinkFacts } from './uplink-facts.ts'

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
  const ours = routes.find(isOurDefault)
  const leads = ({ id, interface: device }: (typeof uplinks)[number]): boolean =>
    device === ours?.interface &&
    (facts.get(id)?.networks.some(({ gateway }) => gateway === ours.gateway) ?? false)
  return uplinks.find(leads)?.id ?? uplinks.find((one) => one.interface === ours?.interface)?.id ?? null
}

/**
 * Where new packets go: where our default is meant to lead, unless somebody else's IPv4 default stands before it, or leads by another uplink while ours was
 * taken away; null for by no uplink. Before anything was led by us, what others lead by is none of ours to go back from. Pure.
 */
export const leadsBy = (
  seen: Pick<Routing, 'routes'>,
  uplinks: readonly { readonly id: string; readonly interface: string }[],
  { meant, facts }: { readonly meant: string | null; readonly facts: Facts },
): string | null => {
  const before = defaultBeforeOurs(seen, ['ipv4'])
  if (!before && !isTakenAway(seen, facts.get(meant ?? ''))) return meant
  const device = before ? before.interface : defaultDevice(seen)
  const theirs = uplinks.filter((one) => one.interface === device)
  if (theirs.some(({ id }) => id === meant)) return meant
  return theirs[0]?.id ?? (before ? null : meant) // where ours alone is missing, that is told as drift, and put right or not as its owner wants
}

/** Whether our default is not there though it could be: that of an uplink that lost its link or its address goes with it, and another is chosen. */
const isTakenAway = ({ routes }: Pick<Routing, 'routes'>, found: UplinkFacts | undefined): boolean =>
  (found?.networks.some(({ family }) => family === 'ipv4') ?? false) &&
  !routes.some((route) => route.family === 'ipv4' && isOurDefault(route))

const isOurDefault = (route: Routing['routes'][number]): boolean => isMainDefault(route) && isOurRoute(route)

/** The device of the kernel's best default route of a family, whoever made it; null for none. Pure. */
export const defaultDevice = ({ routes }: Pick<Routing, 'routes'>, family: Family = 'ipv4'): string | null =>
  routes
    .filter((route) => isMainDefault(route) && route.family === family && route.kind === 'unicast')
    .toSorted((a, b) => metricOf(a) - metricOf(b))[0]?.interface ?? null
