import { elapsed, rfc3339 } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Channel, Notification } from './channels/channel.ts'
import { failureOf } from './sending/delivery-failed.ts'

/** What came of a test. */
export type ChannelTest = {
  readonly ok: boolean
  readonly answer: string
  /** Both sides' words, a line each, without secrets. */
  readonly exchange: string
  readonly tookMs: number
}

/** Sends a test straight through a channel, and journals that somebody did. */
export const testChannel = async (
  coordinator: Pick<Coordinator, 'ask' | 'clock' | 'world' | 'publish' | 'command'>,
  channels: readonly Channel[],
  { name, by }: { readonly name: string; readonly by: string },
): Promise<ChannelTest> => {
  const channel = channels.find((c) => c.name === name)
  if (!channel) return { ok: false, answer: `there is no channel ${name}`, exchange: '', tookMs: 0 }
  const { clock, world, publish, command } = coordinator
  const { id } = await coordinator.ask({ request: 'test-channel', channel: name, by })
  const begun = clock.now()
  const notification = testMessage({ id, by, site: world.site, at: rfc3339(begun.wall) })
  const took = (): number => elapsed(begun.mono, clock.now().mono)
  try {
    const { answer, exchange } = await channel.send(notification, { id, publish, command })
    return { ok: true, answer, exchange, tookMs: took() }
  } catch (error) {
    const failure = failureOf(error)
    if (failure === null) throw error
    return { ok: false, answer: describeError(error), exchange: failure.exchange, tookMs: took() }
  }
}

type Test = { readonly id: string; readonly by: string; readonly site: string; readonly at: string }

const testMessage = ({ id, by, site, at }: Test): Notification => {
  const item = {
    id,
    alertId: null,
    event: 'test',
    title: 'Test message',
    text: `${by} asked for this test.`,
    severity: 'info',
    at,
    late: false,
    repeat: false,
    about: null,
    advice: null,
    entry: id,
  } as const
  return { id, site, sentAt: at, items: [item], stillFiring: 0, wasOffline: false }
}
