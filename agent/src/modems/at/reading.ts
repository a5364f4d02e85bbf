import type { DataSession } from '@infra-home/shared/messages/modem.ts'
import { parseOperator } from '../../parse/at-operator.ts'
import type { SinrScale } from '../../parse/at-qeng.ts'
import {
  type AtRegistration,
  parseRegistration,
  REGISTRATIONS,
  settleRegistration,
} from '../../parse/at-registration.ts'
import { parseActive, parseAddressed, parseAttached } from '../../parse/at-session.ts'
import { hasRadio } from '../../parse/in-ranges.ts'
import type { AtRadio } from '../../parse/at-signal.ts'
import { type Judged, judgeModem, NO_RADIO, readingOf } from '../judge.ts'
import type { ModemReading } from '../modem.ts'
import { ASKED_NAME, ASKED_NUMBER, type AtPoll, questionOf } from './poll.ts'
import { heardSignal } from './signal.ts'
import { isBusy, isSilence } from './talk.ts'

export type AtReadingOptions = {
  readonly address: string
  readonly sinr: SinrScale
  /** Which packet context counts; null: any. */
  readonly context: number | null
}

/** What one round of answers says, as a reading. Nothing of an earlier round enters it. Pure. */
export const atReading = (poll: AtPoll, options: AtReadingOptions): ModemReading => {
  const ended = endOf(poll)
  if (ended) return blankReading(ended, options.address)
  const lines = (command: string): readonly string[] => poll.said.get(command) ?? []
  const served = settleRegistration(
    REGISTRATIONS.map((name) => parseRegistration(lines(questionOf(name)), name)),
  )
  const { registration } = served
  const registered = registration === 'home' || registration === 'roaming'
  const signal = heardSignal(poll.said, { sinr: options.sinr, registered, rat: served.rat })
  const session = sessionOf(poll.said, served, options.context)
  const number = parseOperator(lines(ASKED_NUMBER))
  const name = parseOperator(lines(ASKED_NAME))
  const judged = judgeModem({ sim: poll.sim, registration, ...session, hears: hasRadio(signal.radio) })
  return readingOf(
    registered && signal.silent ? DEAF : withSignalNote(judged, signal.radio),
    {
      driver: 'at',
      address: options.address,
      sim: poll.sim,
      registration,
      dataSession: session.dataSession,
      rat: registered ? (served.rat ?? number.rat ?? name.rat ?? signal.cell.rat ?? signal.rat) : null,
      operator: registered ? name.operator : null,
      plmn: registered ? (number.plmn ?? name.plmn ?? signal.cell.plmn) : null,
      band: signal.cell.band,
      cellId: signal.cell.cellId ?? served.cellId,
      pci: signal.cell.pci,
    },
    signal.radio,
  )
}

/** A reading of a modem of which nothing is known but why. */
export const blankReading = (judged: Judged, address: string): ModemReading =>
  readingOf(judged, { driver: 'at', address }, NO_RADIO)

const DEAF: Judged = { state: 'searching', cause: 'no signal, though the modem says that it is registered' }

const withSignalNote = (judged: Judged, radio: AtRadio): Judged =>
  judged.state === 'online' && !hasRadio(radio)
    ? { state: 'online', cause: 'the modem reports no signal values' }
    : judged

const endOf = ({ ended }: AtPoll): Judged | null => {
  if (ended === null) return null
  if (isBusy(ended)) return { state: 'busy', cause: 'the SIM card is busy' }
  if (!isSilence(ended)) return null
  return { state: ended.kind === 'astray' ? 'unknown' : 'unreachable', cause: ended.why }
}

type Session = { readonly dataSession: DataSession; readonly why: string | null }

/** A modem that is not attached has no session, whatever it says of its contexts. */
const sessionOf = (
  said: AtPoll['said'],
  { smsOnly, registration }: AtRegistration,
  context: number | null,
): Session => {
  const attached = parseAttached(said.get('AT+CGATT?') ?? [])
  const contexts = said.get('AT+CGACT?')
  const addresses = said.get('AT+CGPADDR')
  if (smsOnly) return { dataSession: 'disconnected', why: 'the network takes short messages alone' }
  if (attached === false)
    return {
      dataSession: 'disconnected',
      why: registration === 'denied' ? null : 'not attached to the packet service',
    }
  if (contexts) return { dataSession: parseActive(contexts, context), why: null }
  return { dataSession: addresses ? parseAddressed(addresses, context) : 'unknown', why: null }
}
