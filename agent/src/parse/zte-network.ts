import type { ZteFields } from './zte-answer.ts'

/** What serves the modem: `endc` is NR beside an LTE anchor, `sa` NR alone. */
export type ZteGeneration = 'gsm' | 'umts' | 'lte' | 'endc' | 'sa'

/** `network_type`, as the web interfaces of these devices know it; what is not here is unknown. A mere `5G` vouches for no LTE field. */
const GENERATIONS: Readonly<Record<ZteGeneration, RegExp>> = {
  gsm: /^(?:GSM|GPRS|EDGE)$/,
  umts: /^(?:UMTS|WCDMA|HSDPA|HSUPA|HSPA\+?|DC-HSPA\+?|TDSCDMA)$/,
  lte: /^(?:LTE|LTE[-_ ]?(?:A|CA|FDD|TDD))$/,
  endc: /^(?:ENDC|EN-DC|NSA|LTE-NSA|5G NSA)$/,
  sa: /^(?:SA|5G SA|NR5G-SA|NR5G|5G)$/,
}

/** null without service, or when the word is not known. */
export const generationOf = (fields: ZteFields): ZteGeneration | null => {
  const word = wordOf(fields)
  const found = Object.entries(GENERATIONS).find(([, shape]) => shape.test(word))
  return (found?.[0] as ZteGeneration | undefined) ?? null
}

export type ZteService = 'served' | 'searching' | 'limited' | 'unknown'

/** Whether a network serves the modem. Limited service is that of emergency calls (TS 23.122 §3.5). */
export const serviceOf = (fields: ZteFields): ZteService => {
  const word = wordOf(fields).replaceAll('_', ' ')
  if (word === 'LIMITED SERVICE') return 'limited'
  if (word === 'NO SERVICE' || word === 'SEARCHING') return 'searching'
  return generationOf(fields) === null ? 'unknown' : 'served'
}

const wordOf = (fields: ZteFields): string => (fields.get('network_type') ?? '').trim().toUpperCase()
