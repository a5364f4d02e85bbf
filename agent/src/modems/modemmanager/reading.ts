import type { DataSession, SimState } from '@infra-home/shared/messages/modem.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { straying } from '../../parse/in-ranges.ts'
import type { MmModem, MmState } from '../../parse/mmcli-modem.ts'
import { type Judged, judgeFailure, judgeModem, NO_RADIO, readingOf } from '../judge.ts'
import type { ModemReading } from '../modem.ts'
import type { Belief } from './believe.ts'
import type { MmPoll } from './poll.ts'

/** What one round of answers says, as a reading. @param belief null when the radio was not asked */
export const modemManagerReading = (poll: MmPoll, belief: Belief | null, address: string): ModemReading => {
  const { modem } = poll
  const judged = judge(poll, belief)
  const sim = simOf(modem)
  const served = belief?.kind !== 'lost' && belief?.kind !== 'stale'
  const session = SESSIONS[modem.state]
  const isClaimed = modem.registration === 'home' || modem.registration === 'roaming'
  return readingOf(
    judged,
    {
      driver: 'modemmanager',
      address,
      sim,
      dataSession: !served && session === 'connected' ? 'unknown' : session,
      registration: !served && isClaimed ? 'unknown' : modem.registration,
      rat: served ? modem.rat : null,
      operator: served ? modem.operator : null,
      plmn: served ? modem.plmn : null,
      cellId: served ? poll.cellId : null,
    },
    { ...NO_RADIO, ...(belief?.kind === 'heard' ? belief.radio : strays(poll)), ...poll.usage },
  )
}

/** What was shown and cannot be true is counted, though nothing of it is believed. */
const strays = ({ measured }: MmPoll): Numbers =>
  measured instanceof Error ? {} : straying(measured?.radio?.strayValues ?? 0)

/** A reading of a modem of which nothing is known but why. */
export const blankReading = (judged: Judged, address: string): ModemReading =>
  readingOf(judged, { driver: 'modemmanager', address }, { ...NO_RADIO, rxBytes: null, txBytes: null })

const judge = ({ modem, measured }: MmPoll, belief: Belief | null): Judged => {
  const said = judgeWords(modem)
  if (said.state !== 'online' && said.state !== 'no-data') return said
  if (measured instanceof Error) return judgeFailure(measured, 'signal')
  switch (belief?.kind) {
    case 'lost':
      return {
        state: 'searching',
        cause: 'the modem measures no signal, though ModemManager shows it registered',
      }
    case 'stale':
      return {
        state: 'unknown',
        cause: `nothing vouches for the signal that ModemManager shows: ${measured?.why ?? 'it is old'}`,
      }
    case 'untold':
      return said.state === 'online'
        ? { state: 'online', cause: measured?.why ?? 'the modem reports no signal values' }
        : said
    default:
      return said
  }
}

/** What ModemManager's own words amount to. */
const judgeWords = (modem: MmModem): Judged => {
  const sim = simOf(modem)
  if (modem.state === 'failed' && sim === 'unknown')
    return { state: 'unknown', cause: `ModemManager gave it up: ${modem.failedReason ?? 'no reason'}` }
  if (modem.state === 'initializing' || modem.state === 'unknown')
    return { state: 'unknown', cause: 'ModemManager is still getting to know the modem' }
  if (DISABLED.has(modem.state)) return { state: 'no-data', cause: 'the modem is disabled in ModemManager' }
  return judgeModem({
    sim,
    registration: modem.registration,
    dataSession: SESSIONS[modem.state],
    hears: true,
  }) // of that, the belief
}

const DISABLED: ReadonlySet<MmState> = new Set<MmState>(['disabled', 'disabling', 'enabling'])

const SESSIONS: Readonly<Record<MmState, DataSession>> = {
  failed: 'unknown',
  unknown: 'unknown',
  initializing: 'unknown',
  locked: 'disconnected',
  disabled: 'disconnected',
  disabling: 'disconnected',
  enabling: 'disconnected',
  enabled: 'disconnected',
  searching: 'disconnected',
  registered: 'disconnected',
  disconnecting: 'disconnected',
  connecting: 'connecting',
  connected: 'connected',
}

/** MMModemStateFailedReason of ModemManager-enums.h, and MMModemLock: PIN2 locks nothing that a data session needs. */
const simOf = ({ state, failedReason, sim }: MmModem): SimState => {
  if (state === 'locked') return 'locked'
  if (state !== 'failed') return sim === null ? 'unknown' : 'ready'
  if (failedReason === 'sim-missing') return 'absent'
  return failedReason === 'sim-error' || failedReason === 'esim-without-profiles' ? 'invalid' : 'unknown'
}
