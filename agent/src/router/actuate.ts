import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import { parseRoutes } from '../parse/ip-route.ts'
import { parseRules } from '../parse/ip-rule.ts'
import type { Sys } from '../sys/sys.ts'
import { type Change, type ChangeOptions, changesBetween, defaultPlaces } from './changes.ts'
import { isOurRoute, isOurRule, tableOf } from './ours.ts'
import type { RouterPlan, Routing } from './plan.ts'
import { wantedRouting } from './wanted-routing.ts'
import { defaultBeforeOurs, precedenceText } from './precedence.ts'

/** Uplinks whose own routes the kernel does not take, and what it says. */
export type Unroutable = ReadonlyMap<string, string>

/** What became of a plan. */
export type Actuated =
  /** The kernel has it, as read back: all but the tables of what is unroutable, which lead nowhere. */
  | {
      readonly ok: true
      readonly changes: readonly string[]
      readonly unroutable: Unroutable
      /** What the kernel has now. */
      readonly now: Routing
    }
  /** It does not; `undone` says whether it has again what it had before. */
  | { readonly ok: false; readonly error: string; readonly undone: boolean; readonly left: readonly string[] }

export type Taken = Extract<Actuated, { ok: true }>

type Failed = Extract<Actuated, { ok: false }> & {
  /** Whose routes it was about; null for nobody's. */ readonly culprit: string | null
}

export type ActuateOptions = ChangeOptions & {
  /**
   * Whether packets have to leave by the plan's active uplink for it to be done, as after a move: its own routes are taken, and nobody's IPv4 default
   * stands before ours.
   */
  readonly mustLead?: boolean
}

/**
 * Makes the kernel's rules and routes what a plan needs, and reads them back. Nothing is flushed, and what is right already is not touched.
 * Never throws: a failed change is undone, last first, and reported. An uplink whose routes are not taken holds up no other.
 */
export const actuateRouting = async (
  sys: Pick<Sys, 'exec'>,
  plan: RouterPlan,
  options: ActuateOptions = {},
): Promise<Actuated> => {
  const { mustLead = false } = options
  if (mustLead && !plan.uplinks.some(({ id, networks }) => id === plan.active && networks.length > 0))
    return { ok: false, error: `${plan.active} has no address, or no gateway`, undone: true, left: [] }
  let unroutable: Unroutable = new Map()
  for (;;) {
    const done = await attempt(sys, plan, { ...options, unroutable })
    if (done.ok) return done
    const { culprit, ...failed } = done
    const isHopeless = culprit === null || unroutable.has(culprit) || !failed.undone
    if (isHopeless || (mustLead && culprit === plan.active)) return failed
    unroutable = new Map([...unroutable, [culprit, failed.error]])
  }
}

/**
 * What a plan needs without what is unroutable. Where that is the active uplink, or none is active yet, the default stays what it is: it may
 * lead by a line that was in use and is in no plan any more, and nobody is to be without one until another is there. Pure.
 */
export const routableRouting = (
  plan: RouterPlan,
  unroutable: Unroutable,
  have: Pick<Routing, 'routes'>,
): Routing => {
  const uplinks = plan.uplinks.map((one) => (unroutable.has(one.id) ? { ...one, networks: [] } : one))
  const wanted = wantedRouting({ ...plan, uplinks })
  const isKept = plan.active === null ? plan.uplinks.length > 0 : unroutable.has(plan.active)
  if (!isKept) return wanted
  const kept = have.routes.filter((route) => route.table === 'main' && isOurRoute(route))
  return { ...wanted, routes: [...wanted.routes, ...kept] }
}

const attempt = async (
  sys: Pick<Sys, 'exec'>,
  plan: RouterPlan,
  { unroutable, ...options }: ActuateOptions & { readonly unroutable: Unroutable },
): Promise<Taken | Failed> => {
  const done: Change[] = []
  let doing: Change | null = null
  let before: Routing | null = null
  try {
    before = await readRouting(sys)
    const wanted = routableRouting(plan, unroutable, before)
    for (const change of changesBetween(before, wanted, options)) {
      doing = change
      await sys.exec('ip', change.ip)
      done.push(change)
    }
    doing = null
    const now = await readRouting(sys)
    const left = changesBetween(now, wanted, options)
    const first = options.mustLead ? defaultBeforeOurs(now, ['ipv4']) : null
    if (left.length === 0 && first === null)
      return { ok: true, changes: done.map(({ what }) => what), unroutable, now }
    const error = first ? precedenceText(first) : 'the kernel took it and does not show it'
    const undone = await undo(sys, done, before)
    return { ok: false, error, undone, left: left.map(({ what }) => what), culprit: null }
  } catch (error) {
    const mayBeDone = doing && isInfraError(error, 'exec-timeout') ? [...done, doing] : done
    const undone = await undo(sys, mayBeDone, before)
    return {
      ok: false,
      error: describeError(error),
      undone,
      left: [],
      culprit: doing && ownerOf(doing, plan),
    }
  }
}

const ownerOf = ({ table }: Change, { uplinks, active }: RouterPlan): string | null =>
  table === 'main' ? active : (uplinks.find((one) => tableOf(one) === table)?.id ?? null)

/** All rules and routes of the kernel. @throws InfraError exec-failed, exec-timeout, parse-failed */
export const readRouting = async (sys: Pick<Sys, 'exec'>): Promise<Routing> => {
  const families = [
    ['ipv4', '-4'],
    ['ipv6', '-6'],
  ] as const
  const read = families.map(async ([family, flag]) => {
    const [routes, rules] = await Promise.all([
      sys.exec('ip', ['-j', flag, 'route', 'show', 'table', 'all']),
      sys.exec('ip', ['-j', flag, 'rule']),
    ])
    return { routes: parseRoutes(routes, family), rules: parseRules(rules, family) }
  })
  const found = await Promise.all(read)
  return {
    routes: found.flatMap(({ routes }) => routes),
    rules: found.flatMap(({ rules }) => rules),
  }
}

/** Whether the kernel has again what it had: who cannot undo a thing may find that it was never done. */
const undo = async (
  sys: Pick<Sys, 'exec'>,
  done: readonly Change[],
  before: Routing | null,
): Promise<boolean> => {
  let isSure = true
  for (const change of done.toReversed())
    await sys.exec('ip', change.undo).catch(() => {
      isSure = false
    })
  return isSure || (before !== null && (await hasOurs(sys, before)))
}

const hasOurs = async (sys: Pick<Sys, 'exec'>, { rules, routes }: Routing): Promise<boolean> => {
  const wanted = { rules: rules.filter(isOurRule), routes: routes.filter(isOurRoute) }
  const now = await readRouting(sys).catch(() => null)
  return now !== null && changesBetween(now, wanted, { takesBack: defaultPlaces(wanted) }).length === 0
}
