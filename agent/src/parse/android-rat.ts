import type { Rat } from '@infra-home/shared/messages/modem.ts'

const RATS: ReadonlyMap<string, Rat> = new Map<string, Rat>([
  ['gsm', 'gsm'],
  ['gprs', 'gsm'],
  ['edge', 'gsm'],
  ['umts', 'umts'],
  ['hsdpa', 'umts'],
  ['hdspa', 'umts'], // as Termux:API spells it
  ['hsupa', 'umts'],
  ['hspa', 'umts'],
  ['hspap', 'umts'],
  ['hspa+', 'umts'],
  ['td_scdma', 'umts'],
  ['td-scdma', 'umts'],
  ['lte', 'lte'],
  ['lte_ca', 'lte'],
  ['nr', 'nr'],
  ['nr_sa', 'nr'],
])

/**
 * The technology that Android names (ServiceState.rilRadioTechnologyToString, TelephonyManager.getNetworkTypeName); null for one
 * that is none of ours: IWLAN is Wi-Fi, and says nothing of the radio.
 */
export const androidRat = (name: string | null | undefined): Rat | null =>
  RATS.get(name?.toLowerCase() ?? '') ?? null
