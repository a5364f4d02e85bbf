import { type Instant, later, milliseconds, type MonoMs, type WallMs } from '@infra-home/shared/clock.ts'
import { lingering, moveAlert } from '../alerts/machine.ts'
import { reminderOf } from '../alerts/reminders.ts'
import { alertKey, type Rule, type Severity, type Verdict as RuleVerdict } from '../alerts/rule.ts'
import type { AlertFact } from '../world/alert.ts'
import { silencing } from '../world/silence.ts'
import type { World } from '../world/world.ts'
import type { AlertDecision } from './decision.ts'
import type { Explanation } from './explanation.ts'
import { earliest, NOTHING, type Params, type Verdict } from './policy.ts'
import { whomToTell } from './whom-to-tell.ts'

type Look = {
  readonly world: World
  readonly now: Instant
  readonly params: Pick<Params, 'contacts' | 'repeats'>
}

/** What a rule says of one thing now. */
export type Judged = {
  readonly rule: Pick<Rule, 'code' | 'severity' | 'defaults'>
  readonly node: string
  readonly subject: string
  readonly verdict: RuleVerdict
  /** The alert about it, if there is one. */
  readonly alert: AlertFact | undefined
  /** What explains this one; asked only when there is something to explain. */
  readonly explain: () => Explanation | null
}

/** Moves the alert about it, if it has to be moved, and tells whoever has to be told. Pure. */
export const followAlert = (look: Look, judged: Judged): Verdict => {
  const { world, now } = look
  const { rule, node, verdict, alert } = judged
  if (!alert && verdict.level !== 'bad')
    return verdict.nextAt === null ? NOTHING : { ...NOTHING, nextAt: verdict.nextAt }
  const move = moveAlert(alert?.stage ?? 'inactive', verdict.level, {
    fireAfter: verdict.fireAfter ?? rule.defaults.fireAfter,
    clearAfter: lingering(rule.defaults.clearAfter, alert?.relapses ?? 0),
    since: alert?.stageSince ?? now.mono,
    now: now.mono,
  })
  if (!alert && move.transition === null)
    return { decisions: [], nextAt: earliest(move.nextAt, verdict.nextAt) }
  const silence = silencing(world, { code: rule.code, node }, now.wall)
  const explanation = judged.explain()
  const kept = { explainedBy: explanation?.key ?? null, silencedBy: silence?.id ?? null }
  const next = move.transition ? NO_NEWS : newsOf(alert, kept, look)
  const ends = [explanation?.until ?? null, silence && monoOf(silence.until, now)]
  const nextAt = earliest(move.nextAt, verdict.nextAt, next.nextAt, ...ends)
  const reason = move.transition ?? next.reason
  if (reason === null) return { decisions: [], nextAt }
  const told = whomToTell(
    { reason, alert, ...kept, reminded: next.contacts },
    { contacts: look.params.contacts, severity: severityOf(judged) },
  )
  return { decisions: [{ ...toDecision(judged, reason), ...told }], nextAt }
}

type Kept = { readonly explainedBy: string | null; readonly silencedBy: string | null }

type News = {
  readonly reason: AlertDecision['reason'] | null
  /** Whose turn it is. */
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
  const reminder = reminderOf(alert, params, now.mono)
  if (!wasKept || alert.acknowledged) return reminder
  return { ...NO_NEWS, reason: 'surfaced', contacts: reminder.reason === 'surfaced' ? reminder.contacts : [] }
}

const monoOf = (wall: WallMs, now: Instant): MonoMs =>
  later(now.mono, milliseconds(Math.max(0, wall - now.wall)))

const severityOf = ({ rule, verdict, alert }: Judged): Severity =>
  alert?.severity ?? verdict.severity ?? rule.severity

const toDecision = (
  judged: Judged,
  reason: AlertDecision['reason'],
): Omit<AlertDecision, 'contacts' | 'silencedBy' | 'explainedBy'> => {
  const { rule, node, subject, verdict, alert } = judged
  return {
    policy: 'alerts',
    reason,
    node,
    key: alertKey(rule.code, node, subject),
    code: rule.code,
    severity: severityOf(judged),
    subject,
    cause: verdict.cause,
    text: verdict.text,
    evidence: verdict.evidence,
    follows: alert?.decision ?? null,
    steps: [],
  }
}
