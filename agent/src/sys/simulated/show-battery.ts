import type { SimulatedBattery } from './machine.ts'

/** BatteryManager.BATTERY_STATUS_*: charging, discharging, not charging. */
const statusOf = ({ plugged, charging }: SimulatedBattery): number =>
  plugged === 'none' ? 3 : charging ? 2 : 4

/** BatteryManager.BATTERY_HEALTH_GOOD, and _OVERHEAT from where lithium cells are no longer charged. */
const healthOf = ({ temperatureC }: SimulatedBattery): number => (temperatureC < 45 ? 2 : 3)

/** What `dumpsys battery` prints on the phone (AOSP BatteryService). */
export const showBattery = (battery: SimulatedBattery): string => {
  const { plugged, percent, temperatureC } = battery
  const values = {
    'AC powered': plugged === 'ac',
    'USB powered': plugged === 'usb',
    'Wireless powered': false,
    status: statusOf(battery),
    health: healthOf(battery),
    present: true,
    level: Math.round(percent),
    scale: 100,
    voltage: 4012,
    temperature: Math.round(temperatureC * 10),
    technology: 'Li-ion',
  }
  const lines = Object.entries(values).map(([name, value]) => `  ${name}: ${value}\n`)
  return `Current Battery Service state:\n${lines.join('')}`
}
