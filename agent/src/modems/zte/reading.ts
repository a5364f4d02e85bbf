import { isBlank, isInside, type ZteFields } from '../../parse/zte-answer.ts'
import { hasRadio } from '../../parse/in-ranges.ts'
import { serviceOf } from '../../parse/zte-network.ts'
import { hidesRadio, parseZteRadio, type ZteRadio } from '../../parse/zte-radio.ts'
import { parseZteStatus } from '../../parse/zte-status.ts'
import { parseZteTraffic } from '../../parse/zte-traffic.ts'
import { type Judged, judgeModem, NO_RADIO, readingOf } from '../judge.ts'
import type { ModemReading } from '../modem.ts'
import type { ZtePoll } from './poll.ts'
import { describeReply } from './session.ts'

/** What one round of answers says, as a reading. Nothing of an earlier round enters it. */
export const zteReading = (poll: ZtePoll, address: string): ModemReading => {
  const { reply } = poll
  if (reply.kind !== 'fields')
    return blankReading({ state: CONDITIONS[reply.kind], cause: describeReply(reply) }, address)
  if (isBlank(reply.fields)) return blankReading(blankness(poll), address)
  const radio = parseZteRadio(reply.fields)
  const { sim, registration, dataSession, operator, plmn } = parseZteStatus(reply.fields)
  const { rat, band, cellId, pci, ...numbers } = radio
  return readingOf(
    judge(poll, reply.fields, radio),
    { driver: 'zte', address, sim, registration, dataSession, operator, plmn, rat, band, cellId, pci },
    { ...numbers, ...parseZteTraffic(reply.fields) },
  )
}

const CONDITIONS = { silent: 'unreachable', busy: 'busy', garbled: 'unknown' } as const

const blankReading = (judged: Judged, address: string): ModemReading =>
  readingOf(judged, { driver: 'zte', address }, { ...NO_RADIO, ...parseZteTraffic(new Map()) })

/** An answer that says nothing is no state of the modem, only a refusal to answer us. */
const blankness = ({ login }: ZtePoll): Judged => {
  if (login?.kind === 'failed') return { state: 'auth-failed', cause: login.cause }
  const why = {
    in: 'even after a login',
    'no-password': 'it wants a login, and no password is configured',
    'left-alone': 'somebody else has taken its session',
  } as const
  const because = login && login.kind !== 'unanswered' ? why[login.kind] : 'for no reason that is known'
  return { state: 'unknown', cause: `the modem left every field blank: ${because}` }
}

const judge = ({ login }: ZtePoll, fields: ZteFields, radio: ZteRadio): Judged => {
  if (login?.kind === 'failed') return { state: 'auth-failed', cause: login.cause }
  const hears = hasRadio(radio)
  const isServed = serviceOf(fields) === 'served' // though it may not say whether it roams
  const judged = judgeModem({ ...parseZteStatus(fields), hears: hears || isServed })
  if (judged.state !== 'online' || hears) return judged
  const hidden = hidesRadio(fields) && !isInside(fields)
  return {
    state: 'online',
    cause: hidden ? 'the modem keeps its signal back without a login' : 'the modem reports no signal values',
  }
}
