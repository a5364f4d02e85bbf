import { type NodeWorld, stateOf } from '../world/node.ts'
import { DIAGNOSTIC, type Entity, flag, rounded, sensor } from './entity.ts'

const MEASURED = { state_class: 'measurement', ...DIAGNOSTIC } as const

/** A phone's battery; nothing for what has none. */
export const batteryEntities = (node: NodeWorld): Entity[] => {
  const state = stateOf(node, 'battery', 'own')?.body
  if (!state) return []
  const numbers = node.numbers['battery/own']?.values ?? {}
  return [
    sensor('battery', 'Battery', rounded(numbers.batteryPercent), {
      device_class: 'battery',
      unit_of_measurement: '%',
      ...MEASURED,
    }),
    sensor('battery_temperature', 'Battery temperature', rounded(numbers.temperatureC), {
      device_class: 'temperature',
      unit_of_measurement: '°C',
      ...MEASURED,
    }),
    flag('charging', 'Charging', state.charging, { device_class: 'battery_charging', ...DIAGNOSTIC }),
  ]
}
