import type { Problem } from '@infra-home/shared/problem.ts'
import type { DeliveryEvent } from '../../world/delivery.ts'
import type { Reach } from '../contact.ts'
import type { Errand } from '../errand.ts'
import type { ConfigSchema } from '../sending/file-of.ts'
import type { HttpRequest } from '../sending/http-request.ts'
import type { World } from '../../world/world.ts'

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
  /** What the alert speaks of; null when it is about no alert. */
  readonly about: About | null
  /** What to do about it, while it is on; null when it is over, and of what is no alert. */
  readonly advice: string | null
  /** The journal's entry that it comes from: the API explains it. */
  readonly entry: string
}

export type About = { readonly code: string; readonly node: string; readonly subject: string }

/** One message to people: usually one alert, several after an outage. */
export type Notification = {
  /** The same at each attempt to send the same items, so that a receiver can drop the second of two: [-A-Za-z0-9]. */
  readonly id: string
  readonly site: string
  /** When it is sent, RFC 3339. */
  readonly sentAt: string
  readonly items: readonly NotificationItem[]
  /** How many alerts are on that its contact was told of. */
  readonly stillFiring: number
  /** Some of it waited while the house had no internet. */
  readonly wasOffline: boolean
}

/** Says something on the house's bus; resolves when the broker has it. */
export type Publish = (topic: string, payload: string, retain?: boolean) => Promise<void>

/** What a channel's other side said to a message. */
export type Delivered = {
  /** In a few words. */
  readonly answer: string
  /** Both sides' words, a line each, ours behind `> ` and theirs behind `< `. */
  readonly exchange: string
}

/** A way to tell people. */
export type Channel = {
  readonly name: string
  /** @throws InfraError delivery-failed, as `deliveryFailed` makes it */
  send(notification: Notification, errand: Errand): Promise<Delivered>
  /**
   * Says again all that is on and was told here, for another side that forgets, and of what it said so before that it is over: nobody is told anew.
   * @throws InfraError delivery-failed
   */
  keepUp?(on: Notification, publish: Publish): Promise<void>
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
  /** JSON Schema of the channel's own part of the configuration; fields that name a file are made by `fileOf`. */
  readonly configSchema: ConfigSchema
  /** What the schema cannot say of several fields together. */
  problems?(config: Readonly<Record<string, unknown>>): readonly Problem[]
  /** @param config its own part, with what stands in `passwordFile` as `password` */
  create(name: string, config: Config, means: ChannelMeans): Channel
}

/** What a channel may use besides what the house does for it. */
export type ChannelMeans = {
  readonly http: HttpRequest
  /** Where people reach our API: links begin with it. */
  readonly apiUrl: string
}
