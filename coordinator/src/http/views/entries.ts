import { cut } from '../table/clean.ts'
import type { AlertDecision } from '../../decide/decision.ts'
import type { Entry, Request } from '../../world/input.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import { fromRfc3339 } from '@infra-home/shared/clock.ts'
import { alarmWords } from './alarm-words.ts'
import { tetherWords } from './tether-words.ts'
import { toldLate } from './told-late.ts'
import { pathWords, repairWords, switchWords } from './wan-words.ts'
import type { Table } from '../table/table.ts'

/** A journal entry as the API shows it. */
export const entryView = (entry: Entry) => ({
  id: entry.id,
  pos: entry.pos,
  at: entry.at,
  kind: entry.kind,
  node: entry.node,
  cause: entry.cause,
  summary: summaryOf(entry),
  body: entry.body,
})
export type EntryView = ReturnType<typeof entryView>

/** One line about an entry, for people. */
export const summaryOf = (entry: Entry): string => {
  switch (entry.kind) {
    case 'message':
      return [saidSummary(entry.body.said), ...lateWords(entry)].join(', ')
    case 'numbers':
      return `numbers of ${Object.keys(entry.body.message.numbers).join(', ')}`
    case 'tick':
      return `time passed for ${entry.body.subjects.slice(0, 3).join(', ')}${entry.body.subjects.length > 3 ? ' …' : ''}`
    case 'request':
      return requestSummary(entry.body)
    case 'decision':
      return decisionSummary(entry.body)
    case 'step-started':
      return `begun: ${entry.body.kind}`
    case 'step-finished':
      return entry.body.outcome.ok
        ? `done: ${entry.body.outcome.answer ?? 'ok'}`
        : `failed: ${entry.body.outcome.error}`
    case 'system':
      return `the coordinator ${entry.body.event}`
  }
}

/** Who asked for what, since every change has a name on it, and why, where a reason was given. */
const requestSummary = (request: Request): string => {
  switch (request.request) {
    case 'silence':
      return `silence by ${request.silence.by}: ${request.silence.reason}`
    case 'hold-wan':
      return `hold-wan by ${request.by}: ${request.hold.reason}`
    case 'switch-wan':
      return `switch-wan to ${request.override.uplink} by ${request.by}: ${request.override.reason}`
    default:
      return `${request.request} by ${request.by}`
  }
}

/** What happened is told as it happens, but by a device that could not say so then; what another boot's clock says of it is not worth a word. */
const lateWords = ({ at, body: { said, seen } }: MessageEntry): string[] =>
  said.kind === 'event' && seen.corrected ? toldLate(seen.wall, fromRfc3339(at)) : []

type MessageEntry = Extract<Entry, { kind: 'message' }>
type Said = MessageEntry['body']['said']

const saidSummary = (said: Said): string => {
  switch (said.kind) {
    case 'state':
      return said.message.body === null
        ? `${said.state} ${said.id} is gone`
        : said.state === 'path'
          ? pathWords(said.id, said.message.body as UplinkPathState)
          : `${said.state} ${said.id}: ${briefly(said.message.body)}`
    case '$state':
      return `said ${said.message.state}`
    case '$birth':
      return `born: agent ${said.message.agentVersion}`
    case 'event':
      return eventSummary(said)
    case 'res':
      return `command ${said.message.outcome}${said.message.reason ? `: ${said.message.reason}` : ''}`
    case 'have':
      return `has ${said.wish} ${said.message.generation}`
  }
}

const eventSummary = (said: Extract<Said, { kind: 'event' }>): string => {
  switch (said.event) {
    case 'switched':
      return switchWords(said.message.body as EventBody['switched'])
    case 'repair':
      return repairWords(said.message.body as EventBody['repair'])
    case 'alarm':
      return alarmWords(said.message.body as EventBody['alarm'])
    default:
      return `event ${said.event}: ${briefly(said.message.body)}`
  }
}

const briefly = (body: object): string =>
  Object.entries(body)
    .filter(([, value]) => typeof value !== 'object' && value !== null)
    .slice(0, 5)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ')

const decisionSummary = (decision: Extract<Entry, { kind: 'decision' }>['body']): string => {
  switch (decision.policy) {
    case 'presence':
      return `${decision.from} → ${decision.to} (${decision.reason})`
    case 'rebirth':
      return `ask again who it is (${decision.reason})`
    case 'alerts':
      return `${decision.code} ${decision.reason}: ${decision.text}${quietBy(decision)}`
    case 'wan':
      return `traffic from ${decision.from ?? 'nowhere'} to ${decision.to} (${decision.reason})`
    case 'tether':
      return tetherWords(decision)
    case 'deliveries':
      return `tell ${decision.channel} (${decision.reason})`
  }
}

/** So much of an entry stands in its row. */
const WHAT_FITS = 27

/** A row an entry; what has no room in it goes on below. */
export const entriesTable = (entries: readonly EntryView[]): Table => {
  const told = entries.map(({ summary }) => tellIn(summary))
  return {
    head: ['AT', 'NODE', 'KIND', 'WHAT', 'ID'],
    rows: entries.map(({ at, node, kind, id }, i) => [
      at.slice(0, 19).replace('T', ' '),
      node ?? '–',
      kind,
      told[i]?.row ?? '',
      id,
    ]),
    whole: [3, 4],
    below: told.map(({ below }) => below),
  }
}

/** What stands before a colon is what it is about; without one that fits, all of it stands below. */
const tellIn = (summary: string): { readonly row: string; readonly below?: string } => {
  if (summary.length <= WHAT_FITS) return { row: summary }
  const colon = summary.indexOf(': ')
  return colon > 0 && colon <= WHAT_FITS
    ? { row: summary.slice(0, colon), below: summary.slice(colon + 2) }
    : { row: cut(summary, WHAT_FITS), below: summary }
}

/** Why nobody is told of an alert. */
const quietBy = ({ silencedBy, explainedBy }: AlertDecision): string => {
  if (silencedBy) return ` (silenced by ${silencedBy})`
  return explainedBy ? ` (not told: ${explainedBy} explains it)` : ''
}
