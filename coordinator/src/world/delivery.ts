import type { Instant, MonoMs, WallMs } from '@infra-home/shared/clock.ts'

export type DeliveryEvent = 'fired' | 'repeated' | 'escalated' | 'resolved' | 'digest' | 'deposed' | 'test'

/** One message to one contact, usually about one alert: owed until one of the contact's channels has taken it. */
export type DeliveryFact = {
  readonly id: string
  readonly contact: string
  /** Every channel that was tried, each once; the one that was tried last is the last. */
  tried: readonly string[]
  /** Channels that refused it for good. */
  refusedBy: readonly string[]
  /** null when it is about no alert. */
  readonly alertKey: string | null
  readonly alertId: string | null
  readonly event: DeliveryEvent
  readonly title: string
  readonly text: string
  readonly severity: string
  readonly createdAt: WallMs
  readonly createdMono: MonoMs
  /** The entry that owes it. */
  readonly by: string
  attempts: number
  /** The decision of the last attempt; null before the first. */
  triedBy: string | null
  /** One of the attempts that failed may have arrived all the same. */
  isInDoubt: boolean
  /** `spared`: it need not be told any more, since it was acknowledged or silenced before it went out. */
  status: 'due' | 'sending' | 'sent' | 'gave-up' | 'spared'
  sentAt: WallMs | null
  /** The last answer or error. */
  answer: string | null
}

/** A delivery that is owed from now on. */
export const owedDelivery = (
  what: Pick<
    DeliveryFact,
    'contact' | 'alertKey' | 'alertId' | 'event' | 'title' | 'text' | 'severity' | 'by'
  >,
  now: Instant,
): DeliveryFact => ({
  ...what,
  id: `${what.by}-${what.contact}`,
  tried: [],
  refusedBy: [],
  createdAt: now.wall,
  createdMono: now.mono,
  attempts: 0,
  triedBy: null,
  isInDoubt: false,
  status: 'due',
  sentAt: null,
  answer: null,
})

/** The channel that was tried last, and took it where it was taken; null before the first attempt. */
export const lastTried = ({ tried }: Pick<DeliveryFact, 'tried'>): string | null => tried.at(-1) ?? null
