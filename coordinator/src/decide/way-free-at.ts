import { elapsed, hours, type Instant, later, type MonoMs } from '@infra-home/shared/clock.ts'
import type { Way } from '../alerts/contact.ts'
import type { World } from '../world/world.ts'

const WINDOW = hours(1)

/** From when on one more message may go by a way that is counted; null when one may now. What is under way counts as sent. Pure. */
export const wayFreeAt = (
  { sent, steps }: Pick<World, 'sent' | 'steps'>,
  { channel, perHour }: Way,
  { mono }: Pick<Instant, 'mono'>,
): MonoMs | null => {
  if (perHour === null) return null
  const underWay = Object.values(steps).filter(
    ({ step }) => step.kind === 'notify' && step.channel === channel,
  )
  const times = [
    ...(sent[channel] ?? []).filter((at) => elapsed(at, mono) < WINDOW),
    ...underWay.map(() => mono),
  ]
  return times.length < perHour ? null : later(times[times.length - perHour] ?? mono, WINDOW)
}
