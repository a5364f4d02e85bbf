import { inRange } from '@infra-home/shared/units.ts'
import type { HilinkFields } from './hilink-answer.ts'
import { wholeValue } from './hilink-values.ts'

export type HilinkTraffic = {
  readonly rxBytes: number | null
  readonly txBytes: number | null
  readonly rxRateBps: number | null
  readonly txRateBps: number | null
}

export type HilinkMonth = { readonly monthRxBytes: number | null; readonly monthTxBytes: number | null }

/** Reads monitoring/traffic-statistics: bytes since the counters were last cleared, rates in bytes per second. */
export const parseHilinkTraffic = (fields: HilinkFields): HilinkTraffic => ({
  rxBytes: inRange('rxBytes', wholeValue(fields, 'TotalDownload')),
  txBytes: inRange('txBytes', wholeValue(fields, 'TotalUpload')),
  rxRateBps: inRange('rxRateBps', wholeValue(fields, 'CurrentDownloadRate')),
  txRateBps: inRange('txRateBps', wholeValue(fields, 'CurrentUploadRate')),
})

/** Reads monitoring/month_statistics: bytes since the start day that is set in the modem. */
export const parseHilinkMonth = (fields: HilinkFields): HilinkMonth => ({
  monthRxBytes: inRange('monthRxBytes', wholeValue(fields, 'CurrentMonthDownload')),
  monthTxBytes: inRange('monthTxBytes', wholeValue(fields, 'CurrentMonthUpload')),
})
