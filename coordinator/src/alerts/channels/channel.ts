import type { DurationMs } from '@infra-home/shared/clock.ts'
import type { DeliveryEvent } from '../../world/delivery.ts'
import type { World } from '../../world/world.ts'
import type { Reach } from '../contact.ts'
import type { Errand } from '../errand.ts'

export type NotificationItem = {
  readonly id: string
  readonly alertId: string | null
  readonly event: DeliveryEvent
  readonly title: string
  readonly text: string
  readonly severity: string
  /** When it came about, RFC 3339. */
  readonly at: string
  /** It could not be told in time. */
  readonly late: boolean
  /** It was tried before, and may have arrived. */
  readonly repeat: boolean
}

/** One message to people: usually one alert, several after an outage. */
export type Notification = {
  readonly site: string
  readonly items: readonly NotificationItem[]
  readonly stillFiring: number
}

export type HttpPost = (request: {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly timeout: DurationMs
}) => Promise<{ readonly status: number; readonly body: string }>

/** A way to tell people. */
export type Channel = {
  readonly name: string
  /**
   * Resolves with what the other side answered.
   * @throws InfraError delivery-failed; context.retryable is false when trying again cannot help, context.unsent true when it is certain that
   * nothing went out
   */
  send(notification: Notification, errand?: Errand): Promise<string>
  /** An errand that comes a second time is not run a second time: what a restart interrupted is asked for again. */
  readonly isOnce?: true
}

/** One kind of channel: a file of its own. */
export type ChannelKind<Config = unknown> = {
  readonly kind: string
  /** What every channel of this kind needs to get through; by its server's address where the kind does not say. */
  readonly over?: Reach
  /** How many messages an hour may go out by it; as many as there are where the kind does not say. */
  perHour?(config: Config): number
  /** What it lacks in the house to work at all, in a sentence; null when nothing, or when that cannot be known yet. */
  lackOf?(config: Config, house: Pick<World, 'nodes'>): string | null
  /** JSON Schema of the channel's own part of the configuration. */
  readonly configSchema: object
  create(name: string, config: Config, post: HttpPost): Channel
}
