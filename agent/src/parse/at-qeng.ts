import { fieldsAfter, wholeOf } from './at-answer.ts'
import { cellOf, ratOfMode } from './at-rat.ts'
import { type AtSignal, NO_SIGNAL } from './at-signal.ts'
import { inRanges } from './in-ranges.ts'
import { decimalIn, pciOf } from './radio-words.ts'

/** How a firmware prints the SINR of LTE: in dB, or in steps of 0.2 dB from −20 dB. */
export type SinrScale = 'auto' | 'db' | 'x0.2-20'

export type QengCell = AtSignal & {
  readonly band: string | null
  readonly cellId: string | null
  readonly pci: number | null
  readonly plmn: string | null
  /** Of the carrier, MHz. */
  readonly bandwidthMhz: number | null
}

/**
 * +QENG="servingcell", Quectel's: one line, or with EN-DC a line for the state, one for LTE and one for NR, of which LTE is the one that
 * carries the connection. SEARCH is no cell at all. (Quectel's EC2x and RG50xQ AT manuals; 4IceG/luci-app-3ginfo-lite.)
 */
export const parseQeng = (lines: readonly string[], scale: SinrScale): QengCell => {
  const rows = fieldsAfter(lines, '+QENG').map((fields) =>
    fields[0] === 'servingcell' ? fields.slice(1) : ['', ...fields],
  )
  const state = rows.find(([first]) => first !== '')?.[0]
  const [, mode = '', ...cell] = rows.find(([, name]) => ratOfMode(name ?? '') !== null) ?? []
  const deaf = state === 'SEARCH'
  const rat = deaf ? null : ratOfMode(mode)
  if (rat === 'lte') return { ...NO_CELL, ...lteCell(cell, scale), rat }
  if (rat === 'nr') return { ...NO_CELL, ...nrCell(cell), rat }
  return { ...NO_CELL, rat, deaf }
}

const NO_CELL: QengCell = {
  ...NO_SIGNAL,
  band: null,
  cellId: null,
  pci: null,
  plmn: null,
  bandwidthMhz: null,
}

/** MCC, MNC, cell, PCI, EARFCN, band, uplink and downlink bandwidth, TAC, RSRP, RSRQ, RSSI, SINR; FDD or TDD before them but on some firmware. */
const lteCell = (fields: readonly string[], scale: SinrScale) => {
  const [mcc, mnc, cell, pci, , band, , bandwidth, , rsrp, rsrq, rssi, sinr] = withoutDuplex(fields)
  const rsrqDb = decimalIn(rsrq)
  return {
    ...inRanges({
      rsrpDbm: decimalIn(rsrp),
      rsrqDb,
      rssiDbm: decimalIn(rssi),
      sinrDb: sinrOf(decimalIn(sinr), rsrqDb, scale),
    }),
    ...identity({ mcc, mnc, cell, pci, band }),
    bandwidthMhz: LTE_MHZ[wholeOf(bandwidth) ?? -1] ?? null,
  }
}

/** MCC, MNC, cell, PCI, TAC, ARFCN, band, bandwidth, RSRP, RSRQ, SINR in dB. */
const nrCell = (fields: readonly string[]) => {
  const [mcc, mnc, cell, pci, , , band, , rsrp, rsrq, sinr] = withoutDuplex(fields)
  return {
    ...inRanges({
      rsrpDbm: decimalIn(rsrp),
      rsrqDb: decimalIn(rsrq),
      sinrDb: decimalIn(sinr),
      rssiDbm: null,
    }),
    ...identity({ mcc, mnc, cell, pci, band: band === undefined ? band : `n${band}` }),
  }
}

const LTE_MHZ: readonly number[] = [1.4, 3, 5, 10, 15, 20]

const withoutDuplex = (fields: readonly string[]): readonly string[] =>
  fields[0] === 'FDD' || fields[0] === 'TDD' ? fields.slice(1) : fields

type Identity = Record<'mcc' | 'mnc' | 'cell' | 'pci' | 'band', string | undefined>
const identity = ({ mcc = '', mnc = '', cell, pci, band = '' }: Identity) => ({
  band: /^n?\d{1,3}$/.test(band) ? band : null,
  cellId: cellOf(cell),
  pci: pciOf(wholeOf(pci)),
  plmn: /^\d{3}$/.test(mcc) && /^\d{1,3}$/.test(mnc) ? `${mcc}${mnc.padStart(2, '0')}` : null,
})

/**
 * SINR in dB. Firmware prints it in dB, −20…30, or in steps, 0…250, and does not say which. Below 0 it must be dB, above 40 steps. Between, steps
 * would mean −12 dB at most. But RSRQ is N·RSRP/RSSI (TS 36.214 §5.1.3), and RSSI holds the noise of all twelve subcarriers of each resource
 * block, so that RSRQ ≤ 1/(2 + 12/SINR) as ratios: with a SINR of −12 dB it is −23 dB at most. With an RSRQ of −20 dB or better it is dB, then.
 */
const sinrOf = (said: number | null, rsrqDb: number | null, scale: SinrScale): number | null => {
  if (said === null || scale === 'db') return said
  const asSteps = said >= 0 && said <= 250 ? Math.round((said * 0.2 - 20) * 10) / 10 : null
  if (scale === 'x0.2-20' || said > 40) return asSteps
  return said < 0 || (rsrqDb !== null && rsrqDb >= -20 && rsrqDb <= 0) ? said : null
}
