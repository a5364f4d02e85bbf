import { MODEM_CONDITIONS, REGISTRATIONS } from '@infra-home/shared/messages/modem.ts'
import { modemViews, type ModemView } from '../http/views/modems.ts'
import type { NodeWorld } from '../world/node.ts'
import { choice, type Device, DIAGNOSTIC, type Entity, megabytes, rounded, sensor, words } from './entity.ts'
import { homeId, nodeId, type Scene } from './scene.ts'

/** Every modem of a node: those that it reads, and those that the plan has there and nobody has read yet. */
export const modemDevices = (scene: Scene, node: NodeWorld): Device[] => {
  const read = modemViews(node, scene.now)
  const planned = scene.topology?.modems.filter(({ host }) => host === node.name) ?? []
  const unread = planned.filter(({ id }) => !read.some((modem) => modem.id === id))
  return [
    ...read.map((modem) => modemDevice(scene, node.name, { ...modem, modem })),
    ...unread.map(({ id, driver }) => modemDevice(scene, node.name, { id, driver, modem: null })),
  ]
}

type Found = { readonly id: string; readonly driver: string; readonly modem: ModemView | null }

const modemDevice = (scene: Scene, node: string, { id, driver, modem }: Found): Device => ({
  id: `${homeId(scene)}_modem_${node}_${id}`,
  name: `Modem ${id}`,
  model: `modem (${driver})`,
  version: null,
  via: nodeId(scene, node),
  available: modem !== null && !modem.stale,
  entities: [...standing(modem), ...radio(modem), ...data(modem)],
})

const standing = (modem: ModemView | null): Entity[] => [
  choice('state', 'State', { value: modem?.state ?? null, options: MODEM_CONDITIONS }),
  choice(
    'registration',
    'Registration',
    { value: modem?.registration ?? null, options: REGISTRATIONS },
    DIAGNOSTIC,
  ),
  sensor('cause', 'Cause', words(modem?.cause ?? null), DIAGNOSTIC),
  sensor('operator', 'Operator', words(modem?.operator ?? null)),
  sensor('rat', 'Radio technology', modem?.rat ?? null, DIAGNOSTIC),
  sensor('band', 'Band', words(modem?.band ?? null), DIAGNOSTIC),
  sensor('cell', 'Cell', words(modem?.cellId ?? null), DIAGNOSTIC),
]

const radio = (modem: ModemView | null): Entity[] => {
  const signal = (id: string, name: string, value: number | null | undefined, unit: 'dBm' | 'dB') =>
    sensor(id, name, rounded(value, 1), {
      device_class: 'signal_strength',
      unit_of_measurement: unit,
      state_class: 'measurement',
    })
  return [
    signal('rsrp', 'RSRP', modem?.rsrpDbm, 'dBm'),
    signal('rsrq', 'RSRQ', modem?.rsrqDb, 'dB'),
    signal('sinr', 'SINR', modem?.sinrDb, 'dB'),
    signal('rssi', 'RSSI', modem?.rssiDbm, 'dBm'),
  ]
}

const data = (modem: ModemView | null): Entity[] => {
  const counted = (id: string, name: string, bytes: number | null | undefined) =>
    sensor(id, name, megabytes(bytes), {
      device_class: 'data_size',
      unit_of_measurement: 'MB',
      state_class: 'total_increasing',
    })
  return [
    counted('month_received', 'Received this month', modem?.monthRxBytes),
    counted('month_sent', 'Sent this month', modem?.monthTxBytes),
  ]
}
