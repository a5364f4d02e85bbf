import { seconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { Route, Rule } from '@infra-home/shared/messages/routes.ts'
import { parseRoutes } from '../parse/ip-route.ts'
import { parseRules } from '../parse/ip-rule.ts'
import type { Sys } from '../sys/sys.ts'
import type { Collector } from './collector.ts'
import { interesting } from './interfaces.ts'

const PACE = seconds(300)
const MOST = 256
/** Only there when the kernel speaks IPv6. */
const IPV6 = '/proc/net/if_inet6'

/** All routes of all tables but the kernel's own and those to single containers, and all rules. */
export const routes = (options: { readonly ignored?: readonly string[] } = {}): Collector => {
  const keeps = interesting(options.ignored)
  /** A route to one container, or to the links of its end, comes and goes with it; a network of containers stays. */
  const isOurs = ({ kind, gateway, interface: name, destination }: Route): boolean =>
    kind !== 'unicast' || gateway !== null || name === null || keeps(name) || !isPassing(destination)
  return {
    name: 'routes',
    pace: PACE,
    wakesOn: ['route', 'rule', 'link'],
    async collect(sys) {
      const found = await Promise.all([read(sys, 'ipv4'), read(sys, 'ipv6').catch(withoutIpv6(sys))])
      const all = {
        routes: found.flatMap((f) => f.routes.filter(isOurs)),
        rules: found.flatMap((f) => f.rules),
      }
      const truncated = all.routes.length > MOST || all.rules.length > MOST
      const body = { routes: all.routes.slice(0, MOST), rules: all.rules.slice(0, MOST), truncated }
      return { states: [{ kind: 'routes', id: 'main', body }], numbers: {}, whole: ['routes'] }
    },
  }
}

const isPassing = (destination: string): boolean =>
  destination === 'fe80::/64' || (destination !== 'default' && !destination.includes('/'))

type Found = { readonly routes: readonly Route[]; readonly rules: readonly Rule[] }

const read = async (sys: Sys, family: Route['family']): Promise<Found> => {
  const flag = family === 'ipv4' ? '-4' : '-6'
  const [routes, rules] = await Promise.all([
    sys.exec('ip', ['-j', flag, 'route', 'show', 'table', 'all']),
    sys.exec('ip', ['-j', flag, 'rule']),
  ])
  return { routes: parseRoutes(routes, family), rules: parseRules(rules, family) }
}

/** Where IPv6 is switched off in the kernel ip fails, and there is nothing to tell. */
const withoutIpv6 =
  (sys: Sys) =>
  async (error: unknown): Promise<Found> => {
    if (isInfraError(error, 'exec-failed') && (await sys.readText(IPV6)) === null)
      return { routes: [], rules: [] }
    throw error
  }
