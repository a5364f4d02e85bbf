import type { Instant } from '@infra-home/shared/clock.ts'
import { alertKey, type Rule, type Verdict as RuleVerdict } from '../../alerts/rule.ts'
import { type AlertFact, isOn } from '../../world/alert.ts'
import type { NodeWorld } from '../../world/node.ts'
import type { World } from '../../world/world.ts'
import { followAlert } from '../follow-alert.ts'
import { earliest, type Params, type Policy, type Verdict } from '../policy.ts'

/** Runs every rule over what it can speak of on one node, and moves its alerts. */
export const alerts: Policy = {
  name: 'alerts',
  scope: 'node',
  decide({ world, node, now, params }) {
    const known = Object.values(world.alerts).filter((alert) => alert.node === node.name)
    const verdicts = params.rules.flatMap((rule) =>
      subjectsOf({ node, params, known }, rule).map((about) =>
        judge({ world, node, now, params }, rule, about),
      ),
    )
    return {
      decisions: verdicts.flatMap(({ decisions }) => decisions),
      nextAt: earliest(...verdicts.map(({ nextAt }) => nextAt)),
    }
  },
}

type Look = {
  readonly world: World
  readonly node: NodeWorld
  readonly now: Instant
  readonly params: Params
}

type About = { readonly subject: string; readonly isThere: boolean }

/** What the rule can speak of, and what it once spoke of, still has an alert on, and is no longer there. */
const subjectsOf = (
  { node, params, known }: Pick<Look, 'node' | 'params'> & { readonly known: readonly AlertFact[] },
  rule: Rule,
): readonly About[] => {
  const present = new Set(rule.subjects(node, params))
  const gone = known.filter(({ code, subject }) => code === rule.code && !present.has(subject))
  return [
    ...[...present].map((subject) => ({ subject, isThere: true })),
    ...gone.map(({ subject }) => ({ subject, isThere: false })),
  ]
}

const GONE: Omit<RuleVerdict, 'text'> = { level: 'good', cause: 'gone', evidence: [], nextAt: null }

const judge = (look: Look, rule: Rule, about: About): Verdict => {
  const { world, node, now, params } = look
  const { subject, isThere } = about
  const verdict = isThere
    ? rule.judge({ world, node, subject, now, params: rule.defaults, plan: params })
    : { ...GONE, text: `${subject} is no longer there` }
  const explainedBy = explanationOf(look, rule, about)
  return followAlert(look, { rule, node: node.name, subject, verdict, explainedBy })
}

/** The alert that is on and explains this one: of a device that is gone, nothing else is news. */
const explanationOf = (
  { world, node, params }: Look,
  rule: Rule,
  { subject, isThere }: About,
): string | null => {
  const gone = alertKey('node-lost', node.name, node.name)
  const named = isThere ? (rule.dependsOn?.({ node, subject, plan: params }) ?? []) : []
  const keys = rule.code === 'node-lost' ? named : [gone, ...named]
  return keys.find((key) => isOn(world.alerts[key])) ?? null
}
