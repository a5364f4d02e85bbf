import { parseHilinkMonth, parseHilinkPlan } from '../../parse/hilink-traffic.ts'
import type { ModemUsage } from '../modem.ts'
import type { HilinkOrder } from './order.ts'

const NOT_READ = 'the data use was not read'

/** @throws InfraError modem-refused (as firmwares that count no months do), modem-unreachable, modem-auth */
export const hilinkUsage = async (order: HilinkOrder): Promise<ModemUsage> => {
  const month = parseHilinkMonth((await order({ path: 'monitoring/month_statistics' }, NOT_READ)).fields)
  const plan = parseHilinkPlan((await order({ path: 'monitoring/start_date' }, NOT_READ)).fields)
  const { monthRxBytes, monthTxBytes } = month
  return {
    usedBytes: monthRxBytes === null || monthTxBytes === null ? null : monthRxBytes + monthTxBytes,
    billingDay: plan.startDay,
    limitBytes: plan.limitBytes,
  }
}
