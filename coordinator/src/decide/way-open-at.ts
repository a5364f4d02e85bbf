import { elapsed, hours, type Instant, later, type MonoMs } from '@infra-home/shared/clock.ts'
import type { Way } from '../alerts/contact.ts'
import type { World } from '../world/world.ts'
import type { DeliveryDecision } from './decision.ts'

const WINDOW = hours(1)

type House = Pick<World, 'channels' | 'steps'>

type Look = {
  readonly now: Pick<Instant, 'mono'>
  /** What was decided in this round, and is not under way yet. */
  readonly decided: readonly Pick<DeliveryDecision, 'steps'>[]
}

/**
 * From when on one more message may or might go by a way; null when nothing ever kept one from it. A channel that failed rests, and one that is
 * counted has so many an hour. Pure.
 */
export const wayOpenAt = (house: House, way: Way, look: Look): MonoMs | null => {
  const rests = house.channels[way.channel]?.restsUntil ?? null
  const free = freeAt(house, way, look)
  return rests === null || (free !== null && free > rests) ? free : rests
}

/** From when on it has not had its messages of an hour; what is under way counts as sent. */
const freeAt = (
  { channels, steps }: House,
  { channel, perHour }: Way,
  { now: { mono }, decided }: Look,
): MonoMs | null => {
  if (perHour === null) return null
  const begun = [...Object.values(steps).map(({ step }) => step), ...decided.flatMap(({ steps }) => steps)]
  const underWay = begun.filter((step) => step.kind === 'notify' && step.channel === channel)
  const times = [
    ...(channels[channel]?.sent ?? []).filter((at) => elapsed(at, mono) < WINDOW),
    ...underWay.map(() => mono),
  ]
  return times.length < perHour ? null : later(times[times.length - perHour] ?? mono, WINDOW)
}
