import type { Route } from '@infra-home/shared/messages/routes.ts'
import { FAMILIES, type Family } from './families.ts'
import { DEFAULT_METRIC, isMainDefault, isOurRoute } from './ours.ts'
import type { Routing } from './plan.ts'

/** What the kernel compares: IPv6 routes without a metric get one (ip-route(8)). Pure. */
export const metricOf = ({ family, metric }: Pick<Route, 'family' | 'metric'>): number =>
  metric ?? (family === 'ipv6' ? 1024 : 0)

/**
 * Somebody else's default that the kernel prefers to ours, or would prefer; null for none. IPv6 counts only while we have a default there, since an
 * uplink may well have none. Of two with one metric the kernel takes the one that it shows first. Pure.
 */
export const defaultBeforeOurs = (
  { routes }: Pick<Routing, 'routes'>,
  families: readonly Family[] = FAMILIES,
): Route | null => {
  const first = (family: Family): Route | null => {
    const defaults = routes.filter((one) => isMainDefault(one) && one.family === family)
    const best = defaults.toSorted((a, b) => metricOf(a) - metricOf(b))[0]
    if (!best || isOurRoute(best)) return null
    const isBefore = family === 'ipv4' && metricOf(best) <= DEFAULT_METRIC
    return defaults.some(isOurRoute) || isBefore ? best : null
  }
  return families.map(first).find((one) => one !== null) ?? null
}

/** The same in words. Pure. */
export const precedenceText = (route: Route): string => {
  const where = route.interface === null ? `(${route.kind})` : `by ${route.interface}`
  const metric = metricOf(route)
  const stands = metric === DEFAULT_METRIC ? 'in the place of ours' : 'before ours'
  return `a default of somebody else ${where} stands ${stands}: its ${route.family} metric is ${metric}, ours ${DEFAULT_METRIC}`
}
