import type { Rat } from '@infra-home/shared/messages/modem.ts'
import { available } from './android-values.ts'
import { inRanges, type Radio } from './in-ranges.ts'
import { asCount, asInteger, asWord, type Loose, parseObjects } from './json.ts'
import { pciOf, shaped } from './radio-words.ts'

/** The cell that serves the phone. */
export type TermuxCell = Radio & {
  readonly band: string | null
  readonly cellId: string | null
  readonly pci: number | null
}

/** By technology: what a cell of it is called, and where its values stand. */
const KINDS = {
  gsm: { type: 'gsm', rsrp: [], rsrq: '', rssi: 'dbm' },
  umts: { type: 'wcdma', rsrp: [], rsrq: '', rssi: '' },
  lte: { type: 'lte', rsrp: ['rsrp', 'dbm'], rsrq: 'rsrq', rssi: 'rssi' },
  nr: { type: 'nr', rsrp: ['ss_rsrp', 'dbm'], rsrq: 'ss_rsrq', rssi: '' },
} as const satisfies Record<Rat, object>

/**
 * Reads `termux-telephony-cellinfo`: the cell of the given technology and network that the phone is registered with, null when there is
 * none; a second SIM's stands there as well. Fields that the phone does not know are left out; `dbm`, which is RSRP where that has no field
 * of its own (before Android 8), is then 2147483647. Of LTE no SINR is given (termux-api, TelephonyAPI).
 * @throws InfraError parse-failed
 */
export const parseTermuxCells = (
  text: string,
  { rat, plmn }: { readonly rat: Rat | null; readonly plmn: string | null },
): TermuxCell | null => {
  const cells = parseObjects(text, 'termux-telephony-cellinfo')
  if (rat === null) return null
  const cell = cells.find(
    (one) => one['registered'] === true && one['type'] === KINDS[rat].type && isOf(one, plmn),
  )
  return cell ? cellOf(cell, rat) : null
}

/** Whether a cell may be of a network; as numbers, for a leading zero is lost. */
const isOf = ({ mcc, mnc }: Loose, plmn: string | null): boolean => {
  if (plmn === null || mcc === undefined || mnc === undefined) return true
  return Number(mcc) === Number(plmn.slice(0, 3)) && Number(mnc) === Number(plmn.slice(3))
}

const cellOf = (cell: Loose, rat: Rat): TermuxCell => {
  const { rsrp, rsrq, rssi } = KINDS[rat]
  const number = (name: string): number | null => available(asInteger(cell[name]))
  const { bands } = cell
  return {
    ...inRanges({
      rsrpDbm: rsrp.map(number).find((value) => value !== null) ?? null,
      rsrqDb: number(rsrq),
      sinrDb: number('ss_sinr'),
      rssiDbm: number(rssi),
    }),
    band: Array.isArray(bands) ? shaped(asWord(bands[0]), /^\d{1,3}$/) : null,
    cellId: shaped(asWord(asCount(cell['ci']) ?? asCount(cell['nci']) ?? asCount(cell['cid'])), /^\d{1,11}$/),
    pci: pciOf(number('pci')),
  }
}
