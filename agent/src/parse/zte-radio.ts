import type { Rat } from '@infra-home/shared/messages/modem.ts'
import { inRanges, type Radio } from './in-ranges.ts'
import { decimalIn, pciOf } from './radio-words.ts'
import type { ZteFields } from './zte-answer.ts'
import { generationOf, serviceOf, type ZteGeneration } from './zte-network.ts'

/** One cell: the values of two are never mixed. */
export type ZteRadio = Radio & {
  readonly rat: Rat | null
  readonly band: string | null
  readonly cellId: string | null
  readonly pci: number | null
}

export const ZTE_RADIO_FIELDS = [
  'lte_rsrp',
  'lte_rsrq',
  'lte_snr',
  'lte_rssi',
  'lte_pci',
  'rssi',
  'wan_active_band',
  'cell_id',
  'Z5g_rsrp',
  'Z5g_SINR',
  'nr5g_pci',
  'nr5g_cell_id',
  'nr5g_action_band',
] as const

/**
 * Reads the serving cell. In 5G that is the NR cell as soon as the modem measures one; beside an LTE anchor (ENDC) it is
 * the anchor until then, and without one (SA) whatever stands in the LTE fields is old, as is all without service.
 */
export const parseZteRadio = (fields: ZteFields): ZteRadio => {
  if (serviceOf(fields) === 'searching') return NO_CELL
  const generation = generationOf(fields)
  const nr = generation === 'endc' || generation === 'sa' ? nrCell(fields) : null
  if (nr && (generation === 'sa' || nr.rsrpDbm !== null)) return nr
  return generation === 'gsm' || generation === 'umts'
    ? olderCell(fields, generation)
    : lteCell(fields, generation)
}

/** Whether the modem keeps every value of the radio that it is served by to itself. */
export const hidesRadio = (fields: ZteFields): boolean => {
  const generation = generationOf(fields)
  return generation !== null && VALUES[generation].every((name) => !fields.get(name))
}

const LTE_VALUES = ['lte_rsrp', 'lte_rsrq', 'lte_snr', 'lte_rssi']
const NR_VALUES = ['Z5g_rsrp', 'Z5g_SINR']
const VALUES: Readonly<Record<ZteGeneration, readonly string[]>> = {
  gsm: ['rssi'],
  umts: ['rssi'],
  lte: LTE_VALUES,
  endc: [...LTE_VALUES, ...NR_VALUES],
  sa: NR_VALUES,
}

const NO_RADIO: Radio = { rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null }

const NO_CELL: ZteRadio = {
  ...NO_RADIO,
  rat: null,
  band: null,
  cellId: null,
  pci: null,
}

const lteCell = (fields: ZteFields, generation: ZteGeneration | null): ZteRadio => ({
  rat: generation === null ? null : 'lte',
  ...inRanges({
    rsrpDbm: decimalIn(fields.get('lte_rsrp')),
    rsrqDb: decimalIn(fields.get('lte_rsrq')),
    sinrDb: decimalIn(fields.get('lte_snr')),
    rssiDbm: decimalIn(fields.get('lte_rssi')),
  }),
  band: bandIn(fields.get('wan_active_band')),
  cellId: cellIn(fields.get('cell_id')),
  pci: pciIn(fields.get('lte_pci')),
})

const nrCell = (fields: ZteFields): ZteRadio => ({
  ...NO_CELL,
  rat: 'nr',
  ...inRanges({
    ...NO_RADIO,
    rsrpDbm: decimalIn(fields.get('Z5g_rsrp')),
    sinrDb: nrSinr(decimalIn(fields.get('Z5g_SINR'))),
  }),
  band: nrBandIn(fields.get('nr5g_action_band')),
  cellId: cellIn(fields.get('nr5g_cell_id')),
  pci: pciIn(fields.get('nr5g_pci')),
})

/** `rssi` is believed of 2G and 3G alone: in LTE firmwares repeat the RSRP there (4IceG/luci-app-3ginfo-lite: zte.sh, a sample with both at −77). */
const olderCell = (fields: ZteFields, rat: 'gsm' | 'umts'): ZteRadio => ({
  ...NO_CELL,
  rat,
  ...inRanges({ ...NO_RADIO, rssiDbm: decimalIn(fields.get('rssi')) }),
  band: bandIn(fields.get('wan_active_band')),
  cellId: cellIn(fields.get('cell_id')),
})

/** −20 dB is what firmwares print while they measure no NR cell (tpoechtrager's zte-script.js shows it as unknown). */
const nrSinr = (value: number | null): number | null => (value === -20 ? null : value)

/** `LTE BAND 7`, `B7` or `7` is 7. */
const bandIn = (text: string | undefined): string | null =>
  /^(?:(?:LTE|WCDMA|GSM) BAND |B)?(\d{1,4})$/.exec(text?.trim() ?? '')?.[1] ?? null

/** `n78` or `78` is n78. */
const nrBandIn = (text: string | undefined): string | null => {
  const band = /^n?(\d{1,3})$/.exec(text?.trim() ?? '')?.[1]
  return band === undefined ? null : `n${band}`
}

/** Identities are hexadecimal in this API; a physical cell's has three digits at most. */
const pciIn = (text: string | undefined): number | null =>
  pciOf(/^[0-9a-f]{1,3}$/i.test(text ?? '') ? Number.parseInt(text ?? '', 16) : null)

/** A cell's identity in decimals, as the other drivers say it: 28 bits in LTE, 36 in NR (TS 23.003 §19.6). */
const cellIn = (text: string | undefined): string | null =>
  /^[0-9a-f]{1,9}$/i.test(text ?? '') ? String(Number.parseInt(text ?? '', 16)) : null
