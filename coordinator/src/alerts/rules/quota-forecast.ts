import { bytesText } from '@infra-home/shared/bytes-text.ts'
import { days, hours, later, minutes, wallMs } from '@infra-home/shared/clock.ts'
import { billingMonthEnd, billingMonthStart, dayIn } from '@infra-home/shared/wan/quota.ts'
import { usedOf } from '../../decide/wan-now.ts'
import { type Levels, levelOf } from '../levels.ts'
import { levelSchema, paramsSchema } from '../params-schema.ts'
import { cappedOf } from '../quota.ts'
import { alertKey, type Rule, type RuleParams } from '../rule.ts'

/** A month's first days say little of the rest of it. */
const EARLIEST = days(3)

/** At the rate of this billing month the plan ends before the month does. */
export const quotaForecast: Rule<RuleParams & Levels> = {
  code: 'quota-forecast',
  severity: 'warning',
  advice: 'GET /api/v1/wan/usage shows who uses it, and what is left for each day.',
  defaults: { fireAfter: minutes(10), clearAfter: minutes(10), fire: 105, clear: 95 },
  paramsSchema: paramsSchema(levelSchema('percent of the plan at the month’s end', 0, 10_000)),
  subjects: (node, plan) => cappedOf(node, plan.wan).map(({ id }) => id),
  dependsOn: ({ node, subject }) => [alertKey('quota-used', node.name, subject)],
  judge({ world, node, subject, plan: { wan }, now, params }) {
    const uplink = cappedOf(node, wan).find(({ id }) => id === subject)
    const used = uplink ? usedOf(world, uplink, node.name) : null
    const nextAt = later(now.mono, hours(1))
    if (!wan || !uplink || !used)
      return {
        level: 'unknown',
        cause: 'unknown',
        text: `nobody tells what ${subject} has used`,
        evidence: [],
        nextAt,
      }
    const start = billingMonthStart(now.wall, uplink.billingDay, wan.timeZone)
    const end = billingMonthEnd(start, uplink.billingDay, wan.timeZone)
    const gone = now.wall - start
    const atEnd = gone > 0 ? (used.bytes * (end - start)) / gone : 0
    const level = gone < EARLIEST ? 'good' : levelOf((100 * atEnd) / uplink.capBytes, params)
    const spentAt = wallMs(start + (used.bytes > 0 ? (gone * uplink.capBytes) / used.bytes : end - start))
    return {
      level,
      cause: level === 'bad' ? 'too-fast' : 'fine',
      text:
        level === 'bad'
          ? `${spent(subject, uplink.capBytes, used.bytes >= uplink.capBytes ? null : dayIn(spentAt, wan.timeZone))}, and the month ends ${dayIn(end, wan.timeZone)}`
          : `at this rate ${subject} uses ${bytesText(atEnd)} of ${bytesText(uplink.capBytes)} this month`,
      evidence: used.evidence,
      nextAt,
    }
  },
}

/** @param day when at this rate; null where it is so already */
const spent = (subject: string, capBytes: number, day: string | null): string =>
  day === null
    ? `${subject} has used up its ${bytesText(capBytes)}`
    : `at this rate ${subject} has used up its ${bytesText(capBytes)} on ${day}`
