import { later, minutes, seconds } from '@infra-home/shared/clock.ts'
import { nodesOf, type World } from '../../world/world.ts'
import { type Levels, levelOf } from '../levels.ts'
import { levelSchema, paramsSchema } from '../params-schema.ts'
import type { RuleParams } from '../rule.ts'
import type { SiteRule } from '../site-rule.ts'

/** Clocks that are no further apart are of one mind. */
const AGREE_MS = 2000
/** What devices say of the time is no news of the coordinator's own, so that it has to look. */
const LOOK_EVERY = seconds(30)

/** The devices' clocks agree with one another and not with ours: it is we who are wrong. */
export const ownClockWrong: SiteRule<RuleParams & Levels> = {
  code: 'own-clock-wrong',
  severity: 'warning',
  advice:
    'Does the machine of the coordinator reach a time server? `timedatectl timesync-status` tells. Quiet hours, digests and every time that is shown go by it.',
  defaults: { fireAfter: seconds(30), clearAfter: minutes(2), fire: 10_000, clear: 2000 },
  paramsSchema: paramsSchema(levelSchema('milliseconds beside those of the devices', 0, 86_400_000)),
  judge({ world, now, params }) {
    const heard = clocksHeard(world)
    const middle = heard[Math.floor(heard.length / 2)]?.offsetMs ?? 0
    const agreeing = heard.filter(({ offsetMs }) => Math.abs(offsetMs - middle) <= AGREE_MS)
    const isMost = agreeing.length > (heard.length + 1) / 2 // ours is a clock among them
    const level = isMost ? levelOf(Math.abs(middle), params) : 'unknown'
    const isBehind = middle > 0
    return {
      level,
      cause: level === 'bad' ? (isBehind ? 'behind' : 'ahead') : 'fine',
      text: `our clock is ${Math.round(Math.abs(middle) / 100) / 10} s ${isBehind ? 'behind' : 'ahead of'} those of ${agreeing.length} devices`,
      evidence: agreeing.flatMap(({ by }) => by ?? []),
      nextAt: later(now.mono, LOOK_EVERY),
    }
  },
}

/** By how much the clocks of the devices that are here are ahead of ours, the last first. */
const clocksHeard = (world: World) =>
  nodesOf(world)
    .flatMap(({ presence, clock, lastBy }) =>
      presence === 'online' && clock !== null ? [{ offsetMs: clock.offsetMs, by: lastBy }] : [],
    )
    .toSorted((a, b) => a.offsetMs - b.offsetMs)
