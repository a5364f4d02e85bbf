import { SITE, type Touched } from '../world/reduce.ts'
import type { Device } from './entity.ts'
import { homeDevice } from './home-device.ts'
import { modemDevices } from './modem-device.ts'
import { nodeDevice } from './node-device.ts'
import type { Scene } from './scene.ts'
import { uplinkDevices } from './uplink-device.ts'

/** The devices that a part of the world is shown as: the home, or a node with its modems, and with the uplinks if it is the router. Pure. */
export const devicesOf = (scene: Scene, subject: Touched): Device[] => {
  if (subject === SITE) return [homeDevice(scene)]
  const node = scene.world.nodes[subject]
  if (!node) return []
  return [
    nodeDevice(scene, node),
    ...modemDevices(scene, node),
    ...(scene.wan?.node === subject ? uplinkDevices(scene) : []),
  ]
}
