import type { Rat } from '@infra-home/shared/messages/modem.ts'

const OF_ACT: readonly Rat[] = [
  'gsm', // GSM
  'gsm', // GSM Compact
  'umts', // UTRAN
  'gsm', // GSM with EGPRS
  'umts', // HSDPA
  'umts', // HSUPA
  'umts', // both
  'lte', // E-UTRAN
  'gsm', // EC-GSM-IoT
  'lte', // E-UTRAN NB-S1
  'lte', // E-UTRA connected to a 5G core
  'nr', // NR connected to a 5G core
  'nr', // NG-RAN
  'lte', // E-UTRA with NR beside it
]

/** `<AcT>` of TS 27.007 §7.3 and §10.1. */
export const ratOfAct = (act: number | null): Rat | null => (act === null ? null : (OF_ACT[act] ?? null))

const OF_MODE: Readonly<Record<string, Rat>> = {
  GSM: 'gsm',
  WCDMA: 'umts',
  TDSCDMA: 'umts',
  'TD-SCDMA': 'umts',
  LTE: 'lte',
  CAT_M: 'lte',
  eMTC: 'lte',
  CAT_NB: 'lte',
  'NR5G-SA': 'nr',
  NR: 'nr',
}

/** As Huawei's ^HCSQ and Quectel's +QENG name it. */
export const ratOfMode = (mode: string): Rat | null =>
  Object.hasOwn(OF_MODE, mode) ? (OF_MODE[mode] ?? null) : null

/** A cell identity in hexadecimal, as modems print it, in decimal, as people and HiLink do; at most the 36 bits of NR. */
export const cellOf = (hexadecimal: string | undefined): string | null =>
  /^[0-9A-F]{1,9}$/i.test(hexadecimal ?? '') ? String(Number.parseInt(hexadecimal ?? '', 16)) : null
