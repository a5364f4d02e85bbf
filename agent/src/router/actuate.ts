import { describeError } from '@infra-home/shared/errors.ts'
import { parseRoutes } from '../parse/ip-route.ts'
import { parseRules } from '../parse/ip-rule.ts'
import type { Sys } from '../sys/sys.ts'
import { type Change, changesBetween } from './changes.ts'
import { type RouterPlan, type Routing, wantedRouting } from './plan.ts'

/** What became of a plan. */
export type Actuated =
  /** The kernel has it, as read back. */
  | { readonly ok: true; readonly changes: readonly string[] }
  /** It does not; `undone` says whether it has again what it had before. */
  | { readonly ok: false; readonly error: string; readonly undone: boolean; readonly left: readonly string[] }

/**
 * Makes the kernel's rules and routes what a plan needs, and reads them back. Nothing is flushed, and what is right already is not touched.
 * Never throws: a failed change is undone, last first, and reported.
 */
export const actuateRouting = async (sys: Pick<Sys, 'exec'>, plan: RouterPlan): Promise<Actuated> => {
  const wanted = wantedRouting(plan)
  const done: Change[] = []
  try {
    for (const change of changesBetween(await readRouting(sys), wanted)) {
      await sys.exec('ip', change.ip)
      done.push(change)
    }
    const left = changesBetween(await readRouting(sys), wanted)
    if (left.length === 0) return { ok: true, changes: done.map(({ what }) => what) }
    return await undo(sys, done, { error: 'the kernel took it and does not show it', left })
  } catch (error) {
    return undo(sys, done, { error: describeError(error), left: [] })
  }
}

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

const undo = async (
  sys: Pick<Sys, 'exec'>,
  done: readonly Change[],
  { error, left }: { readonly error: string; readonly left: readonly Change[] },
): Promise<Actuated> => {
  let undone = true
  for (const change of done.toReversed())
    await sys.exec('ip', change.undo).catch(() => {
      undone = false
    })
  return { ok: false, error, undone, left: left.map(({ what }) => what) }
}
