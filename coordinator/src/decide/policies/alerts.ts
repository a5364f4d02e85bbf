import type { Instant } from '@infra-home/shared/clock.ts'
import { type AlertMove, moveAlert } from '../../alerts/machine.ts'
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
    const verdicts = params.rules.flatMap((rule) =>
      subjectsOf(world, node, rule).map((about) => judge({ world, node, now, params }, rule, about)),
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
const subjectsOf = (world: World, node: NodeWorld, rule: Rule): readonly About[] => {
  const abouts: About[] = []
  const present = new Set(rule.subjects(node))
  for (const subject of present) abouts.push({ subject, isThere: true })
  for (const key in world.alerts) {
    const alert = world.alerts[key]
    if (alert?.node === node.name && alert.code === rule.code && !present.has(alert.subject))
      abouts.push({ subject: alert.subject, isThere: false })
  }
  return abouts
}

const GONE: Omit<RuleVerdict, 'text'> = { level: 'good', cause: 'gone', evidence: [], nextAt: null }

const judge = (look: Look, rule: Rule, { subject, isThere }: About): Verdict => {
  const { world, node, now } = look
  const verdict = isThere
    ? rule.judge({ world, node, subject, now, params: rule.defaults })
    : { ...GONE, text: `${subject} is no longer there` }
  const key = alertKey(rule.code, node.name, subject)
  const alert = world.alerts[key]
  const move = moveAlert(alert?.stage ?? 'inactive', verdict.level, {
    ...rule.defaults,
    since: alert?.stageSince ?? now.mono,
    now: now.mono,
  })
  const nextAt = earliest(move.nextAt, verdict.nextAt)
  if (!move.transition) return { decisions: [], nextAt }
  return {
    decisions: [toDecision(look, rule, { key, subject, verdict, alert, transition: move.transition })],
    nextAt,
  }
}

type Found = {
  readonly key: string
  readonly subject: string
  readonly verdict: RuleVerdict
  readonly alert: AlertFact | undefined
  readonly transition: NonNullable<AlertMove['transition']>
}

const toDecision = (look: Look, rule: Rule, found: Found): AlertDecision => {
  const { node } = look
  return {
    policy: 'alerts',
    reason: found.transition,
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

/** A silence keeps what begins quiet; who was told that it began is told that it is over, silence or not. */
const whomToTell = (
  { world, node, now, params }: Look,
  rule: Rule,
  { transition, alert }: Found,
): Pick<AlertDecision, 'channels' | 'silencedBy'> => {
  if (transition !== 'fired' && transition !== 'resolved') return { channels: [], silencedBy: null }
  const wanted = channelsFor(params, rule.severity)
  const began = transition === 'resolved' ? (alert?.told ?? wanted) : []
  const owed = wanted.filter((channel) => began.includes(channel))
  if (owed.length > 0) return { channels: owed, silencedBy: null }
  const about = { code: rule.code, node: node.name }
  const silence = Object.values(world.silences).find((one) => silences(one, about, now.wall))
  return { channels: transition === 'fired' && !silence ? wanted : [], silencedBy: silence?.id ?? null }
}

const channelsFor = (params: Params, severity: Severity): string[] =>
  params.channels.filter(({ minSeverity }) => RANK[severity] >= RANK[minSeverity]).map(({ name }) => name)
