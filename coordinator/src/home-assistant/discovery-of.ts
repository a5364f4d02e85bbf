import { coordinatorStateTopic } from '@infra-home/shared/topics.ts'
import { SITE } from '../world/reduce.ts'
import { nodesOf } from '../world/world.ts'
import { devicesOf } from './devices-of.ts'
import type { Device, Entity } from './entity.ts'
import type { Scene } from './scene.ts'
import { deviceTopic, discoveryTopic } from './topics.ts'

/** A retained message. */
export type Word = { readonly topic: string; readonly payload: string }

/** Component → platform: what Home Assistant was told that a device has. */
export type Components = Readonly<Record<string, Entity['platform']>>

/** Said again so often, so that Home Assistant knows a value that does not change from one that nobody vouches for. */
export const REFRESH_SECONDS = 300
const EXPIRE_SECONDS = 3 * REFRESH_SECONDS

/** The coordinator speaks for everything: without it nothing is known. `state` in its word is online or offline, as Home Assistant likes it. */
const COORDINATOR = { topic: coordinatorStateTopic, value_template: '{{ value_json.state }}' }

const BELIEVED = "{{ 'online' if value_json.available else 'offline' }}"

/**
 * Everything that Home Assistant is to know of a home, for the first time: the configuration of each device in the device-based form
 * (Home Assistant 2024.11 and later; www.home-assistant.io/integrations/mqtt, "Device discovery payload") and what it shows. Pure.
 */
export const discoveryOf = (scene: Scene, prefix: string): Word[] =>
  [SITE, ...nodesOf(scene.world).map(({ name }) => name)]
    .flatMap((subject) => devicesOf(scene, subject))
    .flatMap((device) => [configOf(device, { prefix, version: scene.version }), stateOf(device)])

/**
 * What makes Home Assistant have a device.
 * @param options.had components that it was told of earlier: those that are no more are named by their platform alone, which removes them
 */
export const configOf = (
  device: Device,
  options: { readonly prefix: string; readonly version: string; readonly had?: Components },
): Word => {
  const { id, name, model, version, via, entities } = device
  const gone = Object.entries(options.had ?? {}).filter(([had]) => !entities.some((one) => one.id === had))
  const config = {
    device: {
      identifiers: [id],
      name,
      manufacturer: 'Infra Home',
      model,
      ...(version === null ? {} : { sw_version: version }),
      ...(via === null ? {} : { via_device: via }),
    },
    origin: { name: 'Infra Home', sw_version: options.version },
    state_topic: deviceTopic(id),
    availability: [COORDINATOR, { topic: deviceTopic(id), value_template: BELIEVED }],
    availability_mode: 'all',
    components: Object.fromEntries([
      ...entities.map((entity) => [entity.id, componentOf(id, entity)]),
      ...gone.map(([had, platform]) => [had, { platform }]),
    ]),
  }
  return { topic: discoveryTopic(options.prefix, id), payload: JSON.stringify(config) }
}

/** null in the state is `None` in the template, which is unknown to Home Assistant. */
const componentOf = (device: string, { id, platform, name, look, always }: Entity) => ({
  platform,
  unique_id: `${device}_${id}`,
  name,
  value_template: `{{ value_json['${id}'] }}`,
  expire_after: EXPIRE_SECONDS,
  ...(always ? { availability: [COORDINATOR] } : {}),
  ...look,
})

/** What a device shows now, one member for each entity. */
export const stateOf = ({ id, available, entities }: Device): Word => ({
  topic: deviceTopic(id),
  payload: JSON.stringify({
    available,
    ...Object.fromEntries(entities.map((entity) => [entity.id, entity.value])),
  }),
})

/** What Home Assistant was told that a device has. */
export const componentsOf = ({ entities }: Pick<Device, 'entities'>): Components =>
  Object.fromEntries(entities.map(({ id, platform }) => [id, platform]))
