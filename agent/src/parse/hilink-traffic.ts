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

export type HilinkPlan = { readonly startDay: number | null; readonly limitBytes: number | null }

/** Reads monitoring/start_date: when the month begins, and how much of a month's data somebody set as its limit. */
export const parseHilinkPlan = (fields: HilinkFields): HilinkPlan => {
  const startDay = wholeValue(fields, 'StartDay')
  return {
    startDay: startDay !== null && startDay >= 1 && startDay <= 31 ? startDay : null,
    limitBytes: limitIn(fields.get('DataLimit') ?? ''),
  }
}

/** "1000MB" or "1GB", where a kilo is 1024 as everywhere in the device's own pages; no limit is "0MB". */
const limitIn = (text: string): number | null => {
  const [, amount, unit = 'MB'] = /^(\d{1,9})\s*([KMGT]B)$/i.exec(text) ?? []
  const bytes = Number(amount ?? 0) * 1024 ** (1 + 'KMGT'.indexOf(unit.charAt(0).toUpperCase()))
  return bytes > 0 ? inRange('monthRxBytes', bytes) : null
}
