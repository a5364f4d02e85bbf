import { elapsed, hours, type Instant, later, type MonoMs } from '@infra-home/shared/clock.ts'
import type { Way } from '../alerts/contact.ts'
import type { World } from '../world/world.ts'
import type { DeliveryDecision } from './decision.ts'

const WINDOW = hours(1)

/**
 * From when on one more message may go by a way that is counted; null when one may now. What is under way counts as sent, and so does what was
 * `decided` in this round and is not under way yet. Pure.
 */
export const wayFreeAt = (
  { sent, steps }: Pick<World, 'sent' | 'steps'>,
  { channel, perHour }: Way,
  {
    now: { mono },
    decided,
  }: { readonly now: Pick<Instant, 'mono'>; readonly decided: readonly Pick<DeliveryDecision, 'steps'>[] },
): MonoMs | null => {
  if (perHour === null) return null
  const begun = [...Object.values(steps).map(({ step }) => step), ...decided.flatMap(({ steps }) => steps)]
  const underWay = begun.filter((step) => step.kind === 'notify' && step.channel === channel)
  const times = [
    ...(sent[channel] ?? []).filter((at) => elapsed(at, mono) < WINDOW),
    ...underWay.map(() => mono),
  ]
  return times.length < perHour ? null : later(times[times.length - perHour] ?? mono, WINDOW)
}
