import type { MonoMs } from '@infra-home/shared/clock.ts'
import { alertKey } from '../../alerts/rule.ts'
import { COORDINATOR } from '../../alerts/site-rule.ts'
import type { World } from '../../world/world.ts'
import { type Explanation, firstExplanation } from '../explanation.ts'
import { followAlert } from '../follow-alert.ts'
import { earliest, type Policy } from '../policy.ts'

/** Runs every rule about the coordinator itself, and moves its alerts. */
export const siteAlerts: Policy = {
  name: 'alerts',
  scope: 'site',
  decide({ world, now, params }) {
    const verdicts = params.siteRules.flatMap((rule) => {
      const verdict = rule.judge({ world, now, params: rule.defaults })
      if (!verdict) return []
      const explain = (): Explanation | null => explanationIn(world, rule.dependsOn ?? [], now.mono)
      const alert = world.alerts[alertKey(rule.code, COORDINATOR, COORDINATOR)]
      const about = { rule, node: COORDINATOR, subject: COORDINATOR, verdict, alert, explain }
      return [followAlert({ world, now, params }, about)]
    })
    return {
      decisions: verdicts.flatMap(({ decisions }) => decisions),
      nextAt: earliest(...verdicts.map(({ nextAt }) => nextAt)),
    }
  },
}

const explanationIn = (world: World, codes: readonly string[], now: MonoMs): Explanation | null =>
  firstExplanation(
    Object.values(world.alerts).filter(({ code }) => codes.includes(code)),
    now,
  )
