import type { Instant, MonoMs, WallMs } from '@infra-home/shared/clock.ts'

export type DeliveryEvent = 'fired' | 'resolved' | 'digest' | 'deposed' | 'test'

/** One message to one channel, usually about one alert: owed until the channel has taken it. */
export type DeliveryFact = {
  readonly id: string
  readonly channel: string
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
  nextAt: MonoMs
  status: 'due' | 'sending' | 'sent' | 'gave-up'
  sentAt: WallMs | null
  /** The channel's last answer or error. */
  answer: string | null
}

/** A delivery that is owed from now on. */
export const owedDelivery = (
  what: Pick<
    DeliveryFact,
    'channel' | 'alertKey' | 'alertId' | 'event' | 'title' | 'text' | 'severity' | 'by'
  >,
  now: Instant,
): DeliveryFact => ({
  ...what,
  id: `${what.by}-${what.channel}`,
  createdAt: now.wall,
  createdMono: now.mono,
  attempts: 0,
  nextAt: now.mono,
  status: 'due',
  sentAt: null,
  answer: null,
})
