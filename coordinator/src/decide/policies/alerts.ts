import type { Instant } from '@infra-home/shared/clock.ts'
import { moveAlert } from '../../alerts/machine.ts'
import { alertKey, type Rule, type Severity, type Verdict as RuleVerdict } from '../../alerts/rule.ts'
import type { AlertFact } from '../../world/alert.ts'
import type { NodeWorld } from '../../world/node.ts'
import { silences } from '../../world/silence.ts'
import type { World } from '../../world/world.ts'
import type { AlertDecision } from '../decision.ts'
import { earliest, type Params, type Policy, type Verdict } from '../policy.ts'

const RANK: Record<Severity, number> = { info: 0, warning: 1, critical: 2 }

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
  const key = alertKey(rule.code, node.name, subject)
  const alert = world.alerts[key]
  const move = moveAlert(alert?.stage ?? 'inactive', verdict.level, {
    ...rule.defaults,
    since: alert?.stageSince ?? now.mono,
    now: now.mono,
  })
  const explainedBy = explanationOf(look, rule, about)
  const nextAt = earliest(move.nextAt, verdict.nextAt)
  const reason = move.transition ?? (hasSurfaced(alert, explainedBy) ? ('surfaced' as const) : null)
  if (reason === null) return { decisions: [], nextAt }
  const found = { key, subject, verdict, alert, reason, explainedBy }
  return { decisions: [toDecision(look, rule, found)], nextAt }
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

const isOn = (alert: AlertFact | undefined): boolean =>
  alert !== undefined && (alert.stage === 'firing' || alert.stage === 'recovering')

/** What explained it is over, and it is still on: now it is news. */
const hasSurfaced = (alert: AlertFact | undefined, explainedBy: string | null): boolean =>
  alert?.stage === 'firing' && alert.explainedBy !== null && explainedBy === null

type Found = {
  readonly key: string
  readonly subject: string
  readonly verdict: RuleVerdict
  readonly alert: AlertFact | undefined
  readonly reason: AlertDecision['reason']
  readonly explainedBy: string | null
}

const toDecision = (look: Look, rule: Rule, found: Found): AlertDecision => {
  const { node } = look
  return {
    policy: 'alerts',
    reason: found.reason,
    node: node.name,
    key: found.key,
    code: rule.code,
    severity: rule.severity,
    subject: found.subject,
    cause: found.verdict.cause,
    text: found.verdict.text,
    ...whomToTell(look, rule, found),
    evidence: found.verdict.evidence,
    follows: found.alert?.decision ?? null,
    steps: [],
  }
}

const NOBODY = { channels: [], silencedBy: null, explainedBy: null } as const

/** A silence keeps what begins quiet, and so does what explains it; who was told that it began is told that it is over, silence or not. */
const whomToTell = (
  { world, node, now, params }: Look,
  rule: Rule,
  { reason, alert, explainedBy }: Found,
): Pick<AlertDecision, 'channels' | 'silencedBy' | 'explainedBy'> => {
  const wanted = channelsFor(params, rule.severity)
  switch (reason) {
    case 'fired':
    case 'surfaced': {
      if (explainedBy !== null) return { ...NOBODY, explainedBy }
      const about = { code: rule.code, node: node.name }
      const silence = Object.values(world.silences).find((one) => silences(one, about, now.wall))
      return silence ? { ...NOBODY, silencedBy: silence.id } : { ...NOBODY, channels: wanted }
    }
    case 'resolved': {
      const began = alert?.told ?? wanted
      return { ...NOBODY, channels: wanted.filter((channel) => began.includes(channel)) }
    }
    default:
      return NOBODY
  }
}

const channelsFor = (params: Params, severity: Severity): string[] =>
  params.channels.filter(({ minSeverity }) => RANK[severity] >= RANK[minSeverity]).map(({ name }) => name)
