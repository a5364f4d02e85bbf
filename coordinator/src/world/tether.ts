import type { Instant, MonoMs } from '@infra-home/shared/clock.ts'
import type { TetherDecision } from '../decide/decision.ts'
import type { WanWorld } from './wan.ts'

/** Put away · lent, since somebody needs it · still lent, though nobody does · put away for a limit that was passed. */
export type TetherStage = 'away' | 'lent' | 'spare' | 'resting'

/** What was decided of one phone's network. */
export type TetherFact = {
  readonly stage: TetherStage
  readonly since: MonoMs
  /** The last order to lend. */
  readonly orderedAt: MonoMs
  /** Orders in a row that came to nothing. */
  readonly tries: number
  /** Why it is so: the reason of the last decision that was no renewal. */
  readonly reason: TetherDecision['reason']
  /** The decision with which this lending began, and the last one that ordered anything. */
  readonly begun: string
  readonly by: string
}

/** Takes a decision over a phone's network into the world. */
export const reduceTetherDecision = (
  { tethers }: WanWorld,
  { uplink, stage, reason, steps }: TetherDecision,
  { id, now: { mono } }: { readonly id: string; readonly now: Instant },
): void => {
  const old = tethers[uplink]
  const isOrdered = steps.length > 0
  const isNew = !old || old.stage === 'away' || old.stage === 'resting'
  tethers[uplink] = {
    stage,
    since: old?.stage === stage ? old.since : mono,
    orderedAt: isOrdered || !old ? mono : old.orderedAt,
    tries: reason === 'again' ? (old?.tries ?? 0) + 1 : reason === 'renew' || isNew ? 0 : old.tries,
    reason: reason === 'renew' && old ? old.reason : reason,
    begun: isNew ? id : old.begun,
    by: isOrdered || !old ? id : old.by,
  }
}
