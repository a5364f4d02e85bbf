import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import type { NetgearModel } from '../../parse/netgear-model.ts'
import { hasNetgearRadio } from '../../parse/netgear-signal.ts'
import { type Judged, judgeModem, NO_RADIO, readingOf } from '../judge.ts'
import type { ModemReading } from '../modem.ts'

/** What one model.json says, as a reading. */
export const netgearReading = (model: NetgearModel, address: string): ModemReading => {
  const { signal, sim, registration, dataSession } = model
  const { band, cellId, pci, ...radio } = signal
  const served = registration === 'home' || registration === 'roaming'
  return readingOf(
    withNotes(model),
    {
      driver: 'netgear',
      address,
      rat: served || hasNetgearRadio(signal) ? model.rat : null,
      operator: served ? model.operator : null,
      plmn: served ? model.plmn : null,
      registration,
      dataSession,
      sim,
      band,
      cellId,
      pci,
    },
    { ...radio, ...model.traffic, monthBytes: model.plan.usedBytes },
  )
}

/** A reading of a modem of which nothing is known but why. */
export const blankNetgearReading = (judged: Judged, address: string): ModemReading =>
  readingOf(judged, { driver: 'netgear', address }, NOTHING)

const NOTHING: Numbers = { ...NO_RADIO, rxBytes: null, txBytes: null, monthBytes: null }

const withNotes = (model: NetgearModel): Judged => {
  const { sim, registration, dataSession, isBlocked } = model
  const judged = judgeModem({ sim, registration, dataSession, hears: hasNetgearRadio(model.signal) })
  if (isBlocked) return { ...judged, cause: 'the SIM card wants its PUK' }
  if (judged.state !== 'online' || hasNetgearRadio(model.signal)) return judged
  return { state: 'online', cause: 'the modem reports no signal values' }
}
