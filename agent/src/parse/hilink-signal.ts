import type { Rat } from '@infra-home/shared/messages/modem.ts'
import type { HilinkFields } from './hilink-answer.ts'
import { pciOf, PLMN_SHAPE } from './radio-words.ts'
import { inRanges, type Radio } from './in-ranges.ts'
import { radioValue, shapedValue, wholeValue } from './hilink-values.ts'

export type HilinkSignal = Radio & {
  readonly rat: Rat | null
  readonly band: string | null
  readonly cellId: string | null
  readonly pci: number | null
  readonly plmn: string | null
}

/** Reads device/signal. A value that 3GPP does not allow is unknown, as is an empty element. */
export const parseHilinkSignal = (fields: HilinkFields): HilinkSignal => ({
  ...inRanges({
    rsrpDbm: radioValue(fields, 'rsrp', 'dBm'),
    rsrqDb: radioValue(fields, 'rsrq', 'dB'),
    sinrDb: radioValue(fields, 'sinr', 'dB'),
    rssiDbm: noRssi(fields) ? null : radioValue(fields, 'rssi', 'dBm'),
  }),
  rat: ratOfMode(fields.get('mode')),
  band: shapedValue(fields, 'band', /^[\w .,+-]{1,32}$/),
  cellId: shapedValue(fields, 'cell_id', /^[0-9a-f]{1,16}$/i),
  pci: pciOf(wholeValue(fields, 'pci')),
  plmn: shapedValue(fields, 'plmn', PLMN_SHAPE),
})

/** `mode` of device/signal and `Rat` of net/current-plmn: 0 = 2G, 2 = 3G, 7 = 4G. */
export const ratOfMode = (mode: string | undefined): Rat | null => {
  if (mode === '0') return 'gsm'
  if (mode === '2') return 'umts'
  return mode === '7' ? 'lte' : null
}

/** "<=-113dBm" is how HiLink prints the lowest step of TS 27.007 +CSQ: it measures no RSSI at all. */
const noRssi = (fields: HilinkFields): boolean => /^<=?\s*-113\s*(?:dBm)?$/i.test(fields.get('rssi') ?? '')
