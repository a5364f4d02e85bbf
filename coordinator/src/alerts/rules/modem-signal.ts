import { later, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import { isForData } from '@infra-home/shared/wan/modem-use.ts'
import type { NodeWorld, NumbersFact, StateFact } from '../../world/node.ts'
import { stateOf, statesOf } from '../../world/node.ts'
import { RECEPTION, trackName } from '../../world/watch.ts'
import { describeRadio, type Finding, type RadioLevels, radioLevel } from '../radio-level.ts'
import type { Rule, RuleParams, RulePlan, Verdict } from '../rule.ts'

export type ModemSignalParams = RuleParams &
  RadioLevels & {
    /** Readings older than this say nothing, milliseconds. */
    readonly staleAfterMs: number
  }

/**
 * 4G signal loss, judged from everything the modem says together. What carries data is not lost, however weak it reads;
 * what is registered with good radio but has no data session is lost to the house all the same, where data is what it is for.
 * Levels: a step below "poor" of Android's LTE scale (RSRP −115 dBm, RSRQ −19 dB, SINR −3 dB; AOSP
 * CellSignalStrengthLte) fires, that scale's "poor" clears.
 */
export const modemSignal: Rule<ModemSignalParams> = {
  code: 'modem-signal-lost',
  severity: 'critical',
  advice: 'Look at the modem: SIM, antenna, plan. GET /api/v1/modems shows what it reports.',
  defaults: {
    fireAfter: seconds(15),
    clearAfter: seconds(30),
    rsrpFireDbm: -120,
    rsrpClearDbm: -115,
    rsrqFireDb: -20,
    rsrqClearDb: -19,
    sinrFireDb: -6,
    sinrClearDb: -3,
    staleAfterMs: 90_000,
  },
  paramsSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      fireAfter: { type: 'integer', minimum: 0, description: 'milliseconds of bad before it fires' },
      clearAfter: { type: 'integer', minimum: 0, description: 'milliseconds of good before it clears' },
      rsrpFireDbm: { type: 'number', minimum: -156, maximum: -31, description: 'dBm' },
      rsrpClearDbm: { type: 'number', minimum: -156, maximum: -31, description: 'dBm' },
      rsrqFireDb: { type: 'number', minimum: -34, maximum: 3, description: 'dB' },
      rsrqClearDb: { type: 'number', minimum: -34, maximum: 3, description: 'dB' },
      sinrFireDb: { type: 'number', minimum: -30, maximum: 40, description: 'dB' },
      sinrClearDb: { type: 'number', minimum: -30, maximum: 40, description: 'dB' },
      staleAfterMs: { type: 'integer', minimum: 1000, description: 'milliseconds' },
    },
  },
  subjects: (node) => statesOf(node, 'modem').map(([id]) => id),
  judge({ node, subject, plan, now, params }) {
    const state = stateOf(node, 'modem', subject)
    const numbers = node.numbers[`modem/${subject}`]
    if (!state || !numbers) return unknown('no-reading', `${subject} has not been read yet`, [])
    // the first names the cause: it is the reading that came last, whichever of the two the broker handed over first
    const newestFirst = numbers.seen.mono > state.seen.mono ? [numbers.by, state.by] : [state.by, numbers.by]
    const evidence = [...new Set(newestFirst)]
    const staleAt = later(numbers.seen.mono, milliseconds(params.staleAfterMs))
    if (now.mono >= staleAt)
      return unknown('stale', `${subject} has not been read since ${iso(numbers)}`, evidence)
    const verdict =
      settled(subject, state.body, numbers) ??
      (countsData(node, subject, plan) ? withoutSession(subject, state.body, numbers) : null) ??
      radioLevel(subject, numbers.values, params)
    if (verdict.cause === 'no-radio') {
      const told = `${subject} is ${state.body.state}`
      if (isOlder(numbers, state))
        return unknown('no-reading', `${told}; its radio has not been read since`, evidence)
      if (isReticent(node, subject, state.body))
        return unknown('no-reading', `${told} and tells no radio`, evidence)
    }
    return { ...verdict, evidence, nextAt: staleAt }
  },
}

/** A state comes a moment before its numbers: until then those are of the state before, which knew none. */
const isOlder = (numbers: NumbersFact, state: StateFact<'modem'>): boolean =>
  numbers.seen.mono < state.changed.mono

/** It never tells how it hears its cell, or not on a network that is older than LTE: only that it has service. */
const isReticent = ({ tracks }: NodeWorld, id: string, { state, rat, registration }: ModemState): boolean => {
  const hasTold = (tracks[`modem/${id}`]?.[trackName(RECEPTION)] ?? []).length > 0
  const isServed = state === 'online' || (state === 'no-data' && /^(home|roaming)$/.test(registration))
  return isServed && (!hasTold || rat === 'umts' || rat === 'gsm')
}

/**
 * An uplink of the plan goes by it, or its phone lends its network now; where the plan has no uplink nobody says what it is for, and data
 * counts. A stick for texts, and a phone with mobile data off, lack nothing.
 */
const countsData = (node: NodeWorld, id: string, { wan }: RulePlan): boolean =>
  wan === null || isForData(id, wan.uplinks) || stateOf(node, 'tether', 'own')?.body.on === true

const iso = (fact: NumbersFact): string => new Date(fact.seen.wall).toISOString()

const unknown = (cause: string, text: string, evidence: readonly string[]): Verdict => ({
  level: 'unknown',
  cause,
  text,
  evidence,
  nextAt: null,
})

/** What settles it before the radio is looked at: nothing told, no service, or data that flow; null when nothing does. */
const settled = (id: string, modem: ModemState, numbers: NumbersFact): Finding | null => {
  const radio = describeRadio(numbers.values)
  if (
    modem.state === 'unreachable' ||
    modem.state === 'unknown' ||
    modem.state === 'busy' ||
    modem.state === 'auth-failed'
  )
    return {
      level: 'unknown',
      cause: modem.state,
      text: `${id} tells nothing: ${modem.cause ?? modem.state}`,
    }
  const service = serviceFault(modem)
  if (service) return { level: 'bad', cause: service, text: `${id} has no service: ${service} (${radio})` }
  return bytesFlow(numbers) ? { level: 'good', cause: 'fine', text: `${id} carries data (${radio})` } : null
}

const withoutSession = (id: string, { dataSession }: ModemState, { values }: NumbersFact): Finding | null =>
  dataSession === 'disconnected'
    ? {
        level: 'bad',
        cause: 'no-data-session',
        text: `${id} is registered but has no data session (${describeRadio(values)})`,
      }
    : null

/** What the SIM or the network refuses; null when neither is at fault. */
const serviceFault = (modem: ModemState): string | null => {
  if (modem.sim === 'absent' || modem.sim === 'invalid') return 'no-sim'
  if (modem.sim === 'locked') return 'sim-locked'
  switch (modem.registration) {
    case 'denied':
      return 'registration-denied'
    case 'searching':
      return 'searching'
    case 'not-registered':
      return 'not-registered'
    default:
      return null
  }
}

/** True when the modem's own receive counter went up between its last two readings. */
const bytesFlow = ({ values, before }: NumbersFact): boolean => {
  if (typeof values.rxBytes !== 'number' || typeof before?.values.rxBytes !== 'number') return false
  return values.rxBytes > before.values.rxBytes
}
