import { wanView } from '../http/views/wan.ts'
import { deviationsNow } from '../http/views/topology.ts'
import type { AlertFact } from '../world/alert.ts'
import { type Device, DIAGNOSTIC, type Entity, flag, sensor, words } from './entity.ts'
import { homeId, type Scene } from './scene.ts'

const COUNT = { state_class: 'measurement' } as const

/** The home as a whole: what is wrong in it, and where its traffic goes. */
export const homeDevice = (scene: Scene): Device => {
  const { world, topology, wan, version, now } = scene
  const { active, holder } = wanView({ world, wan, now: () => now })
  return {
    id: homeId(scene),
    name: `Infra Home ${world.site}`,
    model: 'coordinator',
    version,
    via: null,
    available: true,
    entities: [
      ...alerts(Object.values(world.alerts)),
      ...(wan
        ? [
            sensor('active_uplink', 'Active uplink', active ?? 'none'),
            sensor('wan_holder', 'Decides the uplink', holder, DIAGNOSTIC),
          ]
        : []),
      ...(topology
        ? [
            sensor('deviations', 'Deviations from the plan', deviationsNow(topology, world).length, {
              ...COUNT,
              ...DIAGNOSTIC,
            }),
          ]
        : []),
    ],
  }
}

const SEVERITIES = ['critical', 'warning', 'info']

const alerts = (all: readonly AlertFact[]): Entity[] => {
  const pending = all.filter(({ stage }) => stage === 'pending')
  const firing = all.filter(({ stage }) => stage !== 'pending')
  const [worst] = firing.toSorted(
    (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.since - b.since,
  )
  const critical = firing.filter(({ severity }) => severity === 'critical')
  return [
    flag('problem', 'Alerts', firing.length > 0, { device_class: 'problem' }),
    sensor('firing', 'Alerts firing', firing.length, COUNT),
    sensor('critical', 'Critical alerts', critical.length, COUNT),
    sensor('pending', 'Alerts pending', pending.length, { ...COUNT, ...DIAGNOSTIC }),
    sensor('worst', 'Worst alert', words(worst?.text ?? 'none')),
  ]
}
