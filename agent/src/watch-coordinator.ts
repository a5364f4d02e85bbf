import type { AgentOptions } from './agent-options.ts'
import type { AlarmWatch } from './alarm/open-alarm.ts'
import type { Publisher } from './publisher.ts'

/** The alarm, where the owner wants one of this agent; its code is loaded there alone. */
export const watchCoordinator = async (
  { alarm: settings, site, node, sys, modems, newId, log }: AgentOptions,
  publisher: Publisher,
): Promise<AlarmWatch | null> => {
  if (!settings) return null
  const { openAlarm } = await import('./alarm/open-alarm.ts')
  const byId = new Map(modems.map(({ id, modem }) => [id, modem]))
  return openAlarm({ settings, site, node, sys, modems: byId, publisher, newId, log })
}
