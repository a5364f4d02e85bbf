import { rfc3339, type DurationMs } from '@infra-home/shared/clock.ts'
import type { AlarmCause } from '@infra-home/shared/messages/alarm.ts'
import { spanText } from '@infra-home/shared/span-text.ts'
import type { Heard } from './alarm-state.ts'

/** One message to people. */
export type Notice = {
  readonly site: string
  readonly node: string
  /** Of the alarm: what the coordinator is told later names it too. */
  readonly id: string
  readonly event: 'fired' | 'resolved'
  readonly title: string
  readonly text: string
  /** When it came about by this machine's clock, RFC 3339. */
  readonly at: string
  /** An agent of a lower rank may have told it. */
  readonly duplicate: boolean
  /** It was told before, or tried and may have arrived. */
  readonly repeat: boolean
}

export type Situation = {
  readonly cause: AlarmCause
  /** Why there is no connection, as the system says it; null when there is one. */
  readonly detail: string | null
  readonly lastHeard: Heard
  /** Since `lastHeard`. */
  readonly silentFor: DurationMs
  readonly rank: number
  readonly told: number
  readonly tries: number
}

/** What is known, in sentences for people; plain ASCII, which fits best into short messages. */
export const silentText = (node: string, situation: Situation): string =>
  [
    `${situation.told > 0 ? 'Still so: ' : ''}${causeText(node, situation)}`,
    silenceText(situation),
    situation.rank > 0 && 'Possibly a duplicate: another agent was to tell this first.',
    situation.told === 0 && situation.tries > 1 && 'It was tried before and may have arrived.',
  ]
    .filter((sentence) => sentence !== false)
    .join(' ')

const causeText = (node: string, { cause, detail }: Situation): string => {
  switch (cause) {
    case 'no-broker':
      return `${node} cannot reach the broker (${detail ?? 'no reason known'}), and so not the coordinator.`
    case 'coordinator-offline':
      return `The broker answers ${node} and says that the coordinator is gone.`
    case 'coordinator-mute':
      return `The broker answers ${node}, but nothing comes from the coordinator.`
  }
}

const silenceText = ({ lastHeard, silentFor }: Situation): string => {
  const { exact, wall } = lastHeard
  const last = wall === null ? '' : `, at ${minuteText(rfc3339(wall))}`
  return exact
    ? `It was heard last ${spanText(silentFor)} ago${last}.`
    : `It was not heard since this agent was started ${spanText(silentFor)} ago${last && `; last before that${last}`}.`
}

/** The coordinator is back: how long it was silent, and how that was counted. */
export const backText = (node: string, goneMs: DurationMs | null): string =>
  goneMs === null
    ? `${node} hears the coordinator again; for how long it was silent is not known, since ${node} was off itself.`
    : `${node} hears the coordinator again, after ${spanText(goneMs)}.`

/** What a later channel says of those that failed: whether the internet is reached from here shows in it. */
export const withFailures = (text: string, failures: readonly string[]): string =>
  failures.length === 0 ? text : `${text} Not told by ${failures.join('; nor by ')}.`

/** `2026-11-28T23:01:05.000Z` → `2026-11-28 23:01 UTC` */
const minuteText = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`
