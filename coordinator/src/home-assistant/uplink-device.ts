import { PATH_STATES } from '@infra-home/shared/messages/path.ts'
import { usageView } from '../http/views/wan-usage.ts'
import { wanView, type WanView } from '../http/views/wan.ts'
import {
  choice,
  type Device,
  DIAGNOSTIC,
  type Entity,
  flag,
  megabytes,
  percent,
  rounded,
  sensor,
} from './entity.ts'
import { homeId, nodeId, type Scene } from './scene.ts'

type UplinkView = WanView['uplinks'][number]

/** Every uplink of the plan: what it is good for, whether traffic goes by it, and what is left of its plan. */
export const uplinkDevices = (scene: Scene): Device[] => {
  const context = { ...scene, now: () => scene.now }
  const { uplinks, active } = wanView(context)
  const left = new Map(usageView(context).map(({ uplink, leftBytes }) => [uplink, leftBytes]))
  return uplinks.map((uplink) => ({
    id: `${homeId(scene)}_uplink_${uplink.id}`,
    name: `Uplink ${uplink.id}`,
    model: 'uplink',
    version: null,
    via: nodeId(scene, scene.wan?.node ?? ''),
    available: uplink.state !== 'unknown',
    entities: [
      ...standing(uplink, uplink.id === active),
      ...quality(uplink),
      ...usage(uplink, left.get(uplink.id) ?? null),
    ],
  }))
}

const standing = ({ state, cause }: UplinkView, isActive: boolean): Entity[] => [
  choice('state', 'State', { value: state, options: PATH_STATES }, { always: true }),
  sensor('cause', 'Cause', cause ?? 'none', DIAGNOSTIC),
  flag('active', 'Active', isActive),
]

const quality = ({ latencyMs, lossRatio }: UplinkView): Entity[] => [
  sensor('latency', 'Latency', rounded(latencyMs), {
    device_class: 'duration',
    unit_of_measurement: 'ms',
    state_class: 'measurement',
  }),
  sensor('loss', 'Loss', percent(lossRatio, 1), { unit_of_measurement: '%', state_class: 'measurement' }),
]

const SIZE = { device_class: 'data_size', unit_of_measurement: 'MB' } as const

/** An uplink without a cap has nothing left and no share that is used. */
const usage = ({ usedBytes, capBytes }: UplinkView, leftBytes: number | null): Entity[] => [
  sensor('used', 'Used this month', megabytes(usedBytes), { ...SIZE, state_class: 'total_increasing' }),
  ...(capBytes === null
    ? []
    : [
        sensor('left', 'Left this month', megabytes(leftBytes), { ...SIZE, state_class: 'measurement' }),
        sensor('plan', 'Plan used', percent(usedBytes, capBytes), {
          unit_of_measurement: '%',
          state_class: 'measurement',
        }),
      ]),
]
