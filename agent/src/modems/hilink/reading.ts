import type { Rat, Registration, SimState } from '@infra-home/shared/messages/modem.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import type { HilinkFields } from '../../parse/hilink-answer.ts'
import { parseHilinkOperator } from '../../parse/hilink-operator.ts'
import { type HilinkSignal, parseHilinkSignal } from '../../parse/hilink-signal.ts'
import { type HilinkStatus, parseHilinkPin, parseHilinkStatus } from '../../parse/hilink-status.ts'
import { parseHilinkMonth, parseHilinkTraffic } from '../../parse/hilink-traffic.ts'
import { hasRadio, straying } from '../../parse/in-ranges.ts'
import type { ModemReading } from '../modem.ts'
import { type Judged, NO_RADIO, readingOf } from '../judge.ts'
import { conditionOfAnswers, conditionOfStatus, isDenied } from './condition.ts'
import type { HilinkPoll } from './poll.ts'
import { fieldsOf } from './session.ts'

const NOTHING: HilinkFields = new Map()

/** What one round of answers says, as a reading. Nothing of an earlier round enters it. */
export const hilinkReading = (poll: HilinkPoll, address: string): ModemReading => {
  const answers = conditionOfAnswers(poll)
  if (answers?.state === 'unreachable' || answers?.state === 'busy') return blankReading(answers, address)
  const signal = parseHilinkSignal(fieldsOf(poll.signal) ?? NOTHING)
  const status = parseHilinkStatus(fieldsOf(poll.status) ?? NOTHING)
  const operator = parseHilinkOperator(fieldsOf(poll.operator) ?? NOTHING)
  const sim = simOf(status, fieldsOf(poll.pin))
  const judged = answers ?? withSignalNote(conditionOfStatus(status, sim, hasRadio(signal)), poll, signal)
  return readingOf(
    judged,
    {
      driver: 'hilink',
      address,
      rat: ratOf(status, signal, operator.rat),
      operator: operator.operator,
      plmn: signal.plmn ?? operator.plmn,
      registration: registrationOf(status, sim),
      dataSession: status.dataSession,
      sim,
      band: signal.band,
      cellId: signal.cellId,
      pci: signal.pci,
    },
    numbersOf(poll, signal),
  )
}

/** A reading of a modem of which nothing is known but why. */
export const blankReading = (judged: Judged, address: string): ModemReading =>
  readingOf(
    judged,
    { driver: 'hilink', address },
    { ...NO_RADIO, ...parseHilinkTraffic(NOTHING), ...parseHilinkMonth(NOTHING) },
  )

const numbersOf = (
  poll: HilinkPoll,
  { rsrpDbm, rsrqDb, sinrDb, rssiDbm, strayValues = 0 }: HilinkSignal,
): Numbers => ({
  rsrpDbm,
  rsrqDb,
  sinrDb,
  rssiDbm,
  ...straying(strayValues),
  ...parseHilinkTraffic(fieldsOf(poll.traffic) ?? NOTHING),
  ...parseHilinkMonth(fieldsOf(poll.month) ?? NOTHING),
})

const withSignalNote = (judged: Judged, poll: HilinkPoll, signal: HilinkSignal): Judged => {
  if (judged.state !== 'online' || hasRadio(signal)) return judged
  const why =
    poll.signal?.kind === 'refused' ? 'the signal is not readable' : 'the modem reports no signal values'
  return { state: judged.state, cause: why }
}

/** pin/status knows more of a SIM than monitoring/status, where it was asked. */
const simOf = (status: HilinkStatus, pin: HilinkFields | null): SimState => {
  const said = pin ? parseHilinkPin(pin) : 'unknown'
  return said === 'unknown' ? status.sim : said
}

const registrationOf = (status: HilinkStatus, sim: SimState): Registration => {
  if (status.inService === true && status.roaming !== null) return status.roaming ? 'roaming' : 'home'
  if (status.inService !== false) return 'unknown'
  if (isDenied(status.hindrance)) return 'denied'
  return sim === 'ready' ? 'searching' : 'not-registered'
}

/** Without service and without a radio value the network type is only the one that is being looked for. */
const ratOf = (status: HilinkStatus, signal: HilinkSignal, ofOperator: Rat | null): Rat | null => {
  if (status.inService !== true && !hasRadio(signal)) return null
  return signal.rat ?? (status.inService === true ? (status.rat ?? ofOperator) : null)
}
