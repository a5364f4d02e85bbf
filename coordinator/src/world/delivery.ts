import type { MonoMs, WallMs } from '@infra-home/shared/clock.ts'

/** One message to one channel about one alert: owed until the channel has taken it. */
export type DeliveryFact = {
  readonly id: string
  readonly channel: string
  readonly alertKey: string
  readonly alertId: string
  readonly event: 'fired' | 'resolved'
  readonly title: string
  readonly text: string
  readonly severity: string
  readonly createdAt: WallMs
  readonly createdMono: MonoMs
  /** The decision that owes it. */
  readonly by: string
  attempts: number
  nextAt: MonoMs
  status: 'due' | 'sending' | 'sent' | 'gave-up'
  sentAt: WallMs | null
  /** The channel's last answer or error. */
  answer: string | null
}
