/** What a metric measures: its unit, the range in which a value can be true, and how people call it. */
export type MetricInfo = {
  readonly unit: string
  readonly min: number
  readonly max: number
  readonly label: string
}

const info = (label: string, unit: string, min: number, max: number): MetricInfo => ({
  label,
  unit,
  min,
  max,
})
const bytes = (label: string): MetricInfo => info(label, 'B', 0, Number.MAX_SAFE_INTEGER)
const count = (label: string): MetricInfo => info(label, '', 0, Number.MAX_SAFE_INTEGER)
const percent = (label: string): MetricInfo => info(label, '%', 0, 100)

/**
 * Every number an agent may report. The radio ranges are those of 3GPP TS 36.133 §9.1 (RSRP −140…−44 dBm,
 * RSRQ −19.5…−3 dB; both with the extended ranges of release 12 and 13) and TS 27.007 (RSSI −113…−51 dBm,
 * devices go a little further); SINR has no 3GPP report range, −30…40 dB is what receivers print.
 */
export const METRICS = {
  rsrpDbm: info('RSRP', 'dBm', -156, -31),
  rsrqDb: info('RSRQ', 'dB', -34, 2.5),
  sinrDb: info('SINR', 'dB', -30, 40),
  rssiDbm: info('RSSI', 'dBm', -130, -20),
  rxBytes: bytes('received'),
  txBytes: bytes('sent'),
  rxErrors: count('receive errors'),
  txErrors: count('send errors'),
  rxDropped: count('receive drops'),
  txDropped: count('send drops'),
  rxRateBps: info('receive rate', 'B/s', 0, 1e12),
  txRateBps: info('send rate', 'B/s', 0, 1e12),
  monthRxBytes: bytes('received this month'),
  monthTxBytes: bytes('sent this month'),
  monthBytes: bytes('received and sent this month'),
  strayValues: count('values that cannot be true'),
  signalDbm: info('Wi-Fi signal', 'dBm', -127, 0),
  rxBitrateBps: info('Wi-Fi receive bitrate', 'bit/s', 0, 1e12),
  txBitrateBps: info('Wi-Fi send bitrate', 'bit/s', 0, 1e12),
  batteryPercent: percent('battery'),
  temperatureC: info('temperature', '°C', -60, 200),
  memoryTotalBytes: bytes('memory'),
  memoryAvailableBytes: bytes('memory available'),
  diskTotalBytes: bytes('disk'),
  diskAvailableBytes: bytes('disk available'),
  load1: info('load', '', 0, 100_000),
  cpuPressurePercent: percent('CPU pressure'),
  memoryPressurePercent: percent('memory pressure'),
  ioPressurePercent: percent('I/O pressure'),
  uptimeSeconds: info('uptime', 's', 0, 1e10),
  latencyMs: info('latency', 'ms', 0, 3_600_000),
  lossRatio: info('loss', '', 0, 1),
  agentRssBytes: bytes('agent RSS'),
  agentAnonBytes: bytes('agent anonymous memory'),
  agentCpuShare: info('agent CPU', 'core', 0, 1024),
  outboxBytes: bytes('outbox'),
} as const satisfies Record<string, MetricInfo>

export type Metric = keyof typeof METRICS

/** What only goes up until it begins anew: metrics, and fields of states. */
const COUNTERS: ReadonlySet<string> = new Set([
  'rxBytes',
  'txBytes',
  'rxErrors',
  'txErrors',
  'rxDropped',
  'txDropped',
  'monthRxBytes',
  'monthTxBytes',
  'strayValues',
  'uptimeSeconds',
  'carrierChanges',
])

export const isCounter = (name: string): boolean => COUNTERS.has(name)

export const isMetric = (name: string): name is Metric => Object.hasOwn(METRICS, name)

/** `value` when it can be true for `metric`, else null: a value outside the range is unknown. */
export const inRange = (metric: Metric, value: number | null): number | null => {
  if (value === null || !Number.isFinite(value)) return null
  const { min, max } = METRICS[metric]
  return value >= min && value <= max ? value : null
}
