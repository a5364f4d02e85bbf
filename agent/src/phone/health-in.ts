import type { PhoneHealth } from '@infra-home/shared/wan/choice.ts'
import type { Reading } from '../collectors/collector.ts'

/** What readings say of the phone's own battery; null when they say nothing of it. Pure. */
export const healthIn = (
  readings: readonly Reading[],
): Pick<PhoneHealth, 'batteryPercent' | 'temperatureC' | 'charging'> | null => {
  for (const { states, numbers } of readings)
    for (const one of states) {
      if (one.kind !== 'battery') continue
      const { batteryPercent = null, temperatureC = null } = numbers[`battery/${one.id}`] ?? {}
      return { batteryPercent, temperatureC, charging: one.body.charging }
    }
  return null
}
