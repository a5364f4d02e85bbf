import { type Instant, later, milliseconds, type MonoMs, type WallMs } from '@infra-home/shared/clock.ts'
import { moveAlert } from '../../alerts/machine.ts'
import { reminderOf } from '../../alerts/reminders.ts'
import { alertKey, type Rule, type Verdict as RuleVerdict } from '../../alerts/rule.ts'
import type { AlertFact } from '../../world/alert.ts'
import type { NodeWorld } from '../../world/node.ts'
import { silencing } from '../../world/silence.ts'
import type { World } from '../../world/world.ts'
import type { AlertDecision } from '../decision.ts'
import { earliest, type Params, type Policy, type Verdict } from '../policy.ts'
import { whomToTell } from '../whom-to-tell.ts'

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
  const silence = silencing(world, { code: rule.code, node: node.name }, now.wall)
  const kept = { explainedBy, silencedBy: silence?.id ?? null }
  const next = move.transition ? NO_NEWS : newsOf(alert, kept, look)
  const nextAt = earliest(move.nextAt, verdict.nextAt, next.nextAt, silence && monoOf(silence.until, now))
  const reason = move.transition ?? next.reason
  if (reason === null) return { decisions: [], nextAt }
  return {
    decisions: [
      toDecision(look, rule, { key, subject, verdict, alert, reason, reminded: next.contacts, ...kept }),
    ],
    nextAt,
  }
}

type Kept = { readonly explainedBy: string | null; readonly silencedBy: string | null }

type News = {
  readonly reason: AlertDecision['reason'] | null
  /** Whose turn it is, where it is a reminder. */
  readonly contacts: readonly string[]
  readonly nextAt: MonoMs | null
}

const NO_NEWS: News = { reason: null, contacts: [], nextAt: null }

/** What there is to say of an alert that just goes on. */
const newsOf = (
  alert: AlertFact | undefined,
  { explainedBy, silencedBy }: Kept,
  { params, now }: Pick<Look, 'params' | 'now'>,
): News => {
  if (!alert || alert.stage !== 'firing' || explainedBy !== null || silencedBy !== null) return NO_NEWS
  const wasKept = alert.explainedBy !== null || alert.silencedBy !== null
  if (wasKept && !alert.acknowledged) return { ...NO_NEWS, reason: 'surfaced' }
  return reminderOf(alert, params, now.mono)
}

const monoOf = (wall: WallMs, now: Instant): MonoMs =>
  later(now.mono, milliseconds(Math.max(0, wall - now.wall)))

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

type Found = {
  readonly key: string
  readonly subject: string
  readonly verdict: RuleVerdict
  readonly alert: AlertFact | undefined
  readonly reason: AlertDecision['reason']
  readonly reminded: readonly string[]
} & Kept

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
    ...whomToTell(found, { contacts: look.params.contacts, severity: rule.severity }),
    evidence: found.verdict.evidence,
    follows: found.alert?.decision ?? null,
    steps: [],
  }
}
