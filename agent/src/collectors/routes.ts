import { seconds } from '@infra-home/shared/clock.ts'
import { parseRoutes, parseRules } from '../parse/ip-route.ts'
import type { Sys } from '../sys/sys.ts'
import type { Collector } from './collector.ts'

const PACE = seconds(300)
const MOST = 256
const FAMILIES = [
  ['-4', 'ipv4'],
  ['-6', 'ipv6'],
] as const

/** All routes of all tables but the kernel's own, and all rules. */
export const routes = (): Collector => ({
  name: 'routes',
  pace: PACE,
  wakesOn: ['route', 'rule', 'link'],
  async collect(sys) {
    const found = await Promise.all(FAMILIES.map(([flag, family]) => read(sys, flag, family)))
    const all = { routes: found.flatMap((f) => f.routes), rules: found.flatMap((f) => f.rules) }
    const truncated = all.routes.length > MOST || all.rules.length > MOST
    const body = { routes: all.routes.slice(0, MOST), rules: all.rules.slice(0, MOST), truncated }
    return { states: [{ kind: 'routes', id: 'main', body }], numbers: {}, whole: ['routes'] }
  },
})

const read = async (sys: Sys, flag: '-4' | '-6', family: 'ipv4' | 'ipv6') => {
  const [routes, rules] = await Promise.all([
    sys.exec('ip', ['-j', flag, 'route', 'show', 'table', 'all']),
    sys.exec('ip', ['-j', flag, 'rule']),
  ])
  return { routes: parseRoutes(routes, family), rules: parseRules(rules, family) }
}
