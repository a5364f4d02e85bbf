import { rfc3339 } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Channel } from './channels/channel.ts'

/** Sends a test straight through a channel, and journals that somebody did. */
export const testChannel = async (
  coordinator: Coordinator,
  channels: readonly Channel[],
  { name, by }: { readonly name: string; readonly by: string },
): Promise<{ ok: boolean; answer: string }> => {
  const channel = channels.find((c) => c.name === name)
  if (!channel) return { ok: false, answer: `there is no channel ${name}` }
  const { id } = await coordinator.ask({ request: 'test-channel', channel: name, by })
  const at = rfc3339(coordinator.clock.now().wall)
  const item = {
    id: 'test',
    alertId: null,
    event: 'test',
    severity: 'info',
    at,
    late: false,
    repeat: false,
  } as const
  const items = [{ ...item, title: 'Test message', text: `${by} asked for this test.` }]
  try {
    const notification = { site: coordinator.world.site, stillFiring: 0, items }
    return { ok: true, answer: await channel.send(notification, { id, command: coordinator.command }) }
  } catch (error) {
    if (!isInfraError(error)) throw error
    return { ok: false, answer: error.message }
  }
}
