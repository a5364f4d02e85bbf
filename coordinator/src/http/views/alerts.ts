import type { Instant } from '@infra-home/shared/clock.ts'
import { adviceOf } from '../../alerts/advice-of.ts'
import type { AlertFact } from '../../world/alert.ts'
import { lastTried } from '../../world/delivery.ts'
import type { World } from '../../world/world.ts'
import type { Table } from '../table/table.ts'
import { age, mark } from '../table/words.ts'

const iso = (wall: number | null): string | null => (wall === null ? null : new Date(wall).toISOString())

/** How the API calls where an alert is. */
const STATES = { pending: 'pending', firing: 'firing', recovering: 'firing', inactive: 'resolved' } as const

/** Alerts that are pending or firing, then those that were resolved, newest first; with whom was told, and when. */
export const alertViews = (world: World, now: Instant) =>
  [...Object.values(world.alerts), ...world.resolved.toReversed()].map((alert) =>
    alertView(world, alert, now),
  )

const alertView = (world: World, alert: AlertFact, now: Instant) => ({
  id: alert.id,
  state: STATES[alert.stage],
  stage: alert.stage,
  code: alert.code,
  severity: alert.severity,
  node: alert.node,
  subject: alert.subject,
  cause: alert.cause,
  text: alert.text,
  advice: adviceOf(alert.code, world),
  since: iso(alert.since),
  firedAt: iso(alert.firedAt),
  resolvedAt: iso(alert.resolvedAt),
  ageMs: Math.max(0, now.wall - alert.since),
  explainedBy: alert.explainedBy,
  acknowledged: alert.acknowledged ? { by: alert.acknowledged.by, at: iso(alert.acknowledged.at) } : null,
  decision: alert.decision,
  evidence: alert.evidence,
  notified: Object.values(world.deliveries)
    .filter(({ alertId }) => alertId === alert.id)
    .map(({ contact, tried, event, status, attempts, sentAt, answer }) => ({
      contact,
      channel: lastTried({ tried }),
      event,
      status,
      attempts,
      at: iso(sentAt),
      answer,
    })),
})

export type AlertView = ReturnType<typeof alertView>

export const alertsTable = (alerts: readonly AlertView[]): Table => ({
  head: ['', 'STATE', 'CODE', 'NODE', 'SINCE', 'TOLD', 'ID'],
  whole: [6],
  rows: alerts.map((alert) => [
    mark(alert.state === 'firing'),
    `${alert.stage === 'recovering' ? 'recovering' : alert.state}${alert.acknowledged ? ' (ack)' : ''}`,
    alert.code,
    alert.node,
    age(alert.ageMs),
    toldOf(alert),
    alert.id,
  ]),
  below: alerts.map(({ text }) => text),
})

/** One alert, what it means, and who was told. */
export const alertParts = (alert: AlertView): (Table | string)[] => [
  alertsTable([alert]),
  [alert.advice, explainedOf(alert), acknowledgedOf(alert)].filter((line) => line !== null).join('\n'),
  ...(alert.notified.length > 0 ? [toldTable(alert)] : []),
]

const explainedOf = ({ explainedBy }: AlertView): string | null =>
  explainedBy && `nobody was told: ${explainedBy} explains it`

const acknowledgedOf = ({ acknowledged }: AlertView): string | null =>
  acknowledged && `acknowledged by ${acknowledged.by} at ${acknowledged.at}`

const toldTable = ({ notified }: AlertView): Table => ({
  head: ['WHO', 'BY', 'EVENT', 'STATE', 'TRIES', 'AT', 'ANSWER'],
  rows: notified.map((n) => [
    n.contact,
    n.channel ?? '–',
    n.event,
    n.status,
    String(n.attempts),
    n.at ?? '–',
    n.answer ?? '–',
  ]),
})

const toldOf = ({ notified, explainedBy }: AlertView): string => {
  const told = notified.filter(({ status }) => status !== 'spared')
  if (told.length === 0) return explainedBy === null ? 'nobody' : 'nobody (explained)'
  const waiting = told.filter(({ status }) => status !== 'sent')
  return waiting.length === 0
    ? [...new Set(told.map(({ contact }) => contact))].join(' ')
    : `waiting (${waiting.length})`
}
