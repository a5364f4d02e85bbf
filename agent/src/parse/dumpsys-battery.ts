import type { BatteryState } from '@infra-home/shared/messages/battery.ts'
import { inRange } from '@infra-home/shared/units.ts'
import { integerIn } from './json.ts'

export type Battery = {
  readonly state: BatteryState
  readonly percent: number | null
  readonly temperatureC: number | null
}

/** BatteryManager.BATTERY_HEALTH_* */
const HEALTH = ['', 'unknown', 'good', 'overheat', 'dead', 'over-voltage', 'failure', 'cold']
/** BatteryManager.BATTERY_STATUS_*: charging, full, as long as it is plugged in. */
const CHARGING = 2
const FULL = 5

/** Reads `dumpsys battery`: a line a value, the temperature in tenths of a degree (AOSP BatteryService). What is missing is unknown. Pure. */
export const parseDumpsysBattery = (text: string): Battery => {
  const lines = new Map(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^\s*([A-Za-z ]{2,32}):\s*(\S+)\s*$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value] as const]
    }),
  )
  const number = (name: string): number | null => integerIn(lines.get(name) ?? null)
  const is = (name: string): boolean => lines.get(name) === 'true'
  const isTold = lines.has('ac powered') || lines.has('usb powered')
  const plugged = is('ac powered')
    ? 'ac'
    : is('usb powered')
      ? 'usb'
      : is('wireless powered')
        ? 'wireless'
        : 'none'
  const status = number('status')
  const [level, scale] = [number('level'), number('scale') ?? 100]
  const tenths = number('temperature')
  return {
    state: {
      charging: status === null ? null : status === CHARGING || (status === FULL && plugged !== 'none'),
      plugged: isTold ? plugged : null,
      health: HEALTH[number('health') ?? 0] || null,
    },
    percent: inRange(
      'batteryPercent',
      level === null || scale <= 0 ? null : Math.round((100 * level) / scale),
    ),
    temperatureC: inRange('temperatureC', tenths === null ? null : tenths / 10),
  }
}
