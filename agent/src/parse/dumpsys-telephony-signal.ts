import type { Rat } from '@infra-home/shared/messages/modem.ts'
import { androidInteger, androidNumber, dbmOfCsq } from './android-values.ts'
import { inRanges, type Radio } from './in-ranges.ts'

export type PhoneSignal = Radio

export const NO_SIGNAL: PhoneSignal = { rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null }

/**
 * Reads mSignalStrength: of everything that a phone lists there only what belongs to the technology in use, for the others' values may
 * be old. Without a technology nothing is known.
 */
export const parsePhoneSignal = (text: string, rat: Rat | null): PhoneSignal => {
  const list = /^SignalStrength: (-?\d+(?: -?\d+){11,}) (?:gsm|cdma)/.exec(text)?.[1]
  return inRanges(
    list === undefined ? fromParts(text, rat) : fromList(list.split(' ').map(androidInteger), rat),
  )
}

/**
 * Android 9 and before: a row of numbers without names (SignalStrength.toString): GSM's strength in +CSQ steps, error rate, five of
 * CDMA, then LTE's strength in +CSQ steps, RSRP dBm, RSRQ dB, signal to noise in tenths of a dB, channel quality.
 */
const fromList = (row: readonly (number | null)[], rat: Rat | null): PhoneSignal => {
  if (rat === 'gsm' || rat === 'umts') return { ...NO_SIGNAL, rssiDbm: dbmOfCsq(row[0] ?? null) }
  if (rat !== 'lte') return NO_SIGNAL
  const [rssi = null, rsrp = null, rsrq = null, rssnr = null] = row.slice(7)
  return { rssiDbm: dbmOfCsq(rssi), rsrpDbm: rsrp, rsrqDb: rsrq, sinrDb: decibels(rssnr, 10) }
}

/** Android 10 and later: a named part for each technology, or `Invalid`; makers add parts of their own. */
const fromParts = (text: string, rat: Rat | null): PhoneSignal => {
  switch (rat) {
    case 'nr': {
      const part = partOf(text, 'mNr')
      return {
        ...NO_SIGNAL,
        rsrpDbm: androidNumber(part, 'ssRsrp'),
        rsrqDb: androidNumber(part, 'ssRsrq'),
        sinrDb: androidNumber(part, 'ssSinr'),
      }
    }
    case 'lte': {
      const part = partOf(text, 'mLte')
      return {
        rssiDbm: androidNumber(part, 'rssi'),
        rsrpDbm: androidNumber(part, 'rsrp'),
        rsrqDb: androidNumber(part, 'rsrq'),
        sinrDb: decibels(androidNumber(part, 'rssnr'), IN_DECIBELS.test(part) ? 1 : 10),
      }
    }
    case 'umts':
      return { ...NO_SIGNAL, rssiDbm: androidNumber(partOf(text, 'mWcdma'), 'ss') }
    case 'gsm':
      return { ...NO_SIGNAL, rssiDbm: androidNumber(partOf(text, 'mGsm'), 'rssi') }
    case null:
      return NO_SIGNAL
  }
}

/** What stands between the name of a technology and the next one's. */
const partOf = (text: string, name: string): string =>
  new RegExp(`\\b${name}=CellSignalStrength\\w*:(.*?)(?=[, ]m[A-Z][a-z]+=(?:Cell|Invalid)|,primary=|$)`).exec(
    text,
  )?.[1] ?? ''

/**
 * Android 10 prints LTE's signal to noise in tenths of a dB as the modem does, Android 11 and later in whole ones (AOSP,
 * CellSignalStrengthLte: its constructor's comment, convertRssnrUnitFromTenDbToDB). The two words came with 11 and 12, and with them the
 * unit is known.
 */
const IN_DECIBELS = /\b(?:parametersUseForLevel|cqiTableIndex)=/

/** −20…30 dB is what Android lets pass in either unit; a maker's tenths in a format of whole ones mostly fall outside, and are unknown. */
const decibels = (value: number | null, parts: number): number | null =>
  value !== null && value >= -20 * parts && value <= 30 * parts ? value / parts : null
