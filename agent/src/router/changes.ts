import type { Route, Rule } from '@infra-home/shared/messages/routes.ts'
import { isMainDefault, isOurRoute, isOurRule } from './ours.ts'
import type { Routing } from './plan.ts'
import { metricOf } from './precedence.ts'

/** One thing to do to the kernel, as words for `ip`, and how to take it back. */
export type Change = {
  readonly what: string
  /** What the kernel knows it by, whatever it is to be. */
  readonly place: string
  /** Whose table it is about: `main` for the default. */
  readonly table: string
  readonly ip: readonly string[]
  readonly undo: readonly string[]
}

export type ChangeOptions = {
  /** Places of defaults from which somebody else's goes, since ours was there before. */
  readonly takesBack?: ReadonlySet<string>
  /** Places that are left as they are. */
  readonly spared?: ReadonlySet<string>
}

/**
 * What leads from one routing to another: first what is added, then the default, which is replaced in one step, and what nobody needs any
 * more last, so that no packet is without a route in between. What is not ours is left alone. Pure.
 */
export const changesBetween = (
  have: Routing,
  wanted: Routing,
  { takesBack = new Set(), spared = new Set() }: ChangeOptions = {},
): readonly Change[] => {
  const [ours, asked] = [keyed(have.routes.filter(isOurRoute), routeKey), keyed(wanted.routes, routeKey)]
  const [rules, askedRules] = [keyed(have.rules.filter(isOurRule), ruleText), keyed(wanted.rules, ruleText)]
  const there = keyed(have.routes.toReversed(), routeKey) // what the kernel takes, and replaces, whose ever it is
  const isFree = ([key]: readonly [string, Route]): boolean =>
    takesBack.has(key) || !isTheirDefault(there.get(key))
  const placed = [...asked].filter((one) => !isSame(ours.get(one[0]), one[1]) && isFree(one))
  const isMain = ([, { table }]: readonly [string, Route]): boolean => table === 'main'
  const changes = [
    ...placed.filter((one) => !isMain(one)).map(([key, route]) => placing(route, there.get(key))),
    ...[...askedRules].filter(([key]) => !rules.has(key)).map(([, rule]) => ruleChange(rule, 'add')),
    ...placed.filter(isMain).map(([key, route]) => placing(route, there.get(key))),
    ...[...rules]
      .filter(([key]) => !askedRules.has(key))
      .map(([, rule]) => ruleChange(rule, 'delete'))
      .toReversed(),
    ...[...ours].filter(([key]) => !asked.has(key)).map(([, route]) => taking(route)),
  ]
  return changes.filter(({ place }) => !spared.has(place))
}

/** The places of a routing's defaults in the main table. Pure. */
export const defaultPlaces = ({ routes }: Pick<Routing, 'routes'>): ReadonlySet<string> =>
  new Set(routes.filter(isMainDefault).map(routeKey))

const keyed = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [keyOf(item), item]))

/** By what the kernel knows a route: of two with the same, it keeps the later. Pure. */
export const routeKey = (route: Route): string =>
  [route.family, route.table, route.destination, metricOf(route)].join(' ')

const isTheirDefault = (route: Route | undefined): boolean =>
  route !== undefined && isMainDefault(route) && !isOurRoute(route)

const isSame = (a: Route | undefined, b: Route): boolean =>
  a !== undefined &&
  a.kind === b.kind &&
  a.gateway === b.gateway &&
  (a.interface === b.interface || b.kind === 'unreachable')

const ruleText = ({ family, priority, selector, action }: Rule): string =>
  [family, priority, selector, action].join(' ')

const flagOf = ({ family }: { readonly family: Route['family'] }): string => (family === 'ipv4' ? '-4' : '-6')

const ruleChange = (rule: Rule, deed: 'add' | 'delete'): Change => {
  const words = (verb: 'add' | 'delete'): string[] => [
    flagOf(rule),
    'rule',
    verb,
    'priority',
    String(rule.priority),
    ...rule.selector.split(' '),
    ...rule.action.split(' '),
  ]
  return {
    what: `${deed} rule ${ruleText(rule)}`,
    place: ruleText(rule),
    table: rule.action.replace(/^lookup /, ''),
    ip: words(deed),
    undo: words(deed === 'add' ? 'delete' : 'add'),
  }
}

const routeWords = (route: Route, verb: 'add' | 'replace' | 'delete'): string[] => [
  flagOf(route),
  'route',
  verb,
  ...(route.kind === 'unicast' ? [] : [route.kind]),
  route.destination,
  ...optional('via', route.gateway),
  // the kernel shows unreachable IPv6 routes on lo, and takes them without
  ...optional('dev', route.kind === 'unreachable' ? null : route.interface),
  'table',
  route.table,
  ...optional('metric', route.metric),
  ...optional('proto', route.protocol),
]

const optional = (word: string, value: string | number | null): string[] =>
  value === null ? [] : [word, String(value)]

/** Where nothing was, nothing is replaced that came since: the kernel refuses that. */
const placing = (route: Route, before: Route | undefined): Change => {
  const words = routeWords(route, before ? 'replace' : 'add')
  return {
    what: words.slice(2).join(' '),
    place: routeKey(route),
    table: route.table,
    ip: words,
    undo: before ? routeWords(before, 'replace') : routeWords(route, 'delete'),
  }
}

const taking = (route: Route): Change => ({
  what: routeWords(route, 'delete').slice(2).join(' '),
  place: routeKey(route),
  table: route.table,
  ip: routeWords(route, 'delete'),
  undo: routeWords(route, 'add'),
})
