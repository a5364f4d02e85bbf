import { inRange } from '@infra-home/shared/units.ts'
import { decimalIn } from './radio-words.ts'
import type { ZteFields } from './zte-answer.ts'

export type ZteTraffic = {
  readonly monthRxBytes: number | null
  readonly monthTxBytes: number | null
  readonly rxRateBps: number | null
  readonly txRateBps: number | null
}

export const ZTE_TRAFFIC_FIELDS = [
  'monthly_rx_bytes',
  'monthly_tx_bytes',
  'realtime_rx_thrpt',
  'realtime_tx_thrpt',
] as const

/** Reads bytes since the day of the month that is set in the modem, and rates in bytes per second. */
export const parseZteTraffic = (fields: ZteFields): ZteTraffic => ({
  monthRxBytes: inRange('monthRxBytes', count(fields, 'monthly_rx_bytes')),
  monthTxBytes: inRange('monthTxBytes', count(fields, 'monthly_tx_bytes')),
  rxRateBps: inRange('rxRateBps', count(fields, 'realtime_rx_thrpt')),
  txRateBps: inRange('txRateBps', count(fields, 'realtime_tx_thrpt')),
})

const count = (fields: ZteFields, name: string): number | null => {
  const value = decimalIn(fields.get(name))
  return Number.isSafeInteger(value) ? value : null
}
