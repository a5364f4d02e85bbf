import type { Instant } from '@infra-home/shared/clock.ts'
import { ownRulesOf } from '../../alerts/own-rules.ts'
import { alertKey, type Rule, type Verdict as RuleVerdict } from '../../alerts/rule.ts'
import type { AlertFact } from '../../world/alert.ts'
import { alertsOf } from '../../world/alerts-kept.ts'
import { LINE } from '../../world/line.ts'
import type { NodeWorld } from '../../world/node.ts'
import type { World } from '../../world/world.ts'
import type { Decision } from '../decision.ts'
import { type Explanation, explanationBy, firstExplanation } from '../explanation.ts'
import { followAlert, type Judged } from '../follow-alert.ts'
import { earliest, type Params, type Policy, type Verdict } from '../policy.ts'

/** Runs every rule over what it can speak of on one node, and moves its alerts. What it costs depends on that node alone. */
export const alerts: Policy = {
  name: 'alerts',
  scope: 'node',
  evenForgotten: true, // its alerts are over, and that is told
  decide({ world, node, now, params }) {
    const known = alertsOf(world, node.name)
    const look = { world, node, now, params, known, byCode: Map.groupBy(known, ({ code }) => code) }
    const decisions: Decision[] = []
    let nextAt: Verdict['nextAt'] = null
    const take = (verdict: Verdict): void => {
      if (verdict.decisions.length > 0) decisions.push(...verdict.decisions)
      nextAt = earliest(nextAt, verdict.nextAt)
    }
    const own = ownRulesOf(world)
    for (const rules of [params.rules, own]) for (const rule of rules) judgeAll(look, rule, take)
    for (const alert of known)
      if (!hasRule(params.rules, alert) && !hasRule(own, alert)) take(endOf(look, alert))
    return { decisions, nextAt }
  },
}

type Look = {
  readonly world: World
  readonly node: NodeWorld
  readonly now: Instant
  readonly params: Params
  /** The alerts of this node. */
  readonly known: readonly AlertFact[]
  readonly byCode: ReadonlyMap<string, readonly AlertFact[]>
}

const hasRule = (rules: readonly Rule[], { code }: AlertFact): boolean =>
  rules.some((rule) => rule.code === code)

const GONE: Omit<RuleVerdict, 'text'> = { level: 'good', cause: 'gone', evidence: [], nextAt: null }

const NONE: readonly AlertFact[] = []

const NOTHING_LEFT: readonly string[] = []

/** Of a node that was revoked or forgotten nothing is news but that its alerts are over. */
const isOurs = (world: World, { name, presence }: NodeWorld): boolean =>
  presence !== 'revoked' && Object.hasOwn(world.nodes, name)

/** Judges what the rule can speak of, and what it once spoke of, still has an alert on, and is no longer there. */
const judgeAll = (look: Look, rule: Rule, take: (verdict: Verdict) => void): void => {
  const { world, node, now, params, byCode } = look
  const ours = byCode.get(rule.code) ?? NONE
  const present = isOurs(world, node) ? rule.subjects(node, params) : NOTHING_LEFT
  for (const subject of present) {
    const verdict = rule.judge({ world, node, subject, now, params: rule.defaults, plan: params })
    const alert = ours.find((one) => one.subject === subject)
    const explain = (): Explanation | null => explanationOf(look, rule, subject)
    take(followAlert(look, { rule, node: node.name, subject, verdict, alert, explain }))
  }
  for (const alert of ours) {
    const { subject } = alert
    if (present.includes(subject)) continue
    const verdict = { ...GONE, text: `${subject} is no longer there` }
    const explain = (): Explanation | null => ofLostNode(look, rule.code)
    take(followAlert(look, { rule, node: node.name, subject, verdict, alert, explain }))
  }
}

/** An alert whose rule is no more is over. */
const endOf = (look: Look, alert: AlertFact): Verdict => {
  const { code, severity, node, subject } = alert
  const rule: Judged['rule'] = { code, severity, defaults: AT_ONCE }
  const verdict = { ...GONE, cause: 'no-rule', text: `there is no rule ${code} any more` }
  return followAlert(look, { rule, node, subject, verdict, alert, explain: () => null })
}

const AT_ONCE = { fireAfter: 0, clearAfter: 0 } as Judged['rule']['defaults']

/** What explains this one: of a device that is gone, nothing else is news. */
const explanationOf = (look: Look, rule: Rule, subject: string): Explanation | null => {
  const { world, node, now, params } = look
  const named = rule.dependsOn?.({ node, subject, plan: params }) ?? []
  return (
    ofLostNode(look, rule.code) ??
    firstExplanation(
      named.map((key) => world.alerts[key]),
      now.mono,
    ) ??
    ofCodes(look, rule.dependsOnCodes ?? [])
  )
}

const ofLostNode = ({ world, node, now }: Look, code: string): Explanation | null =>
  code === 'node-lost'
    ? null
    : explanationBy(world.alerts[alertKey('node-lost', node.name, node.name)], now.mono)

const ofCodes = ({ world, known, now }: Look, codes: readonly string[]): Explanation | null => {
  const line = codes.includes(LINE) && world.wan.router !== null ? alertsOf(world, world.wan.router) : []
  const ofLine = line.filter(({ code }) => code === LINE)
  const named = [...known, ...ofLine].filter(({ code }) => codes.includes(code))
  return firstExplanation(named, now.mono)
}
