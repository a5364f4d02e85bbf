import type { Instant, MonoMs, WallMs } from '@infra-home/shared/clock.ts'
import type { WanEvent } from '@infra-home/shared/wan/state.ts'

/** The last time that somebody kept traffic where it was. */
export type LastHold = {
  /** The entry that says who wanted it, and why. */
  readonly by: string
  /** When it ended or will; null for not before somebody ends it. */
  readonly until: WallMs | null
}

/** The last hold after what somebody wished in the entry `by`. Pure. */
export const lastHoldAfter = (
  before: LastHold | null,
  event: WanEvent,
  { id: by, now }: { readonly id: string; readonly now: Instant },
): LastHold | null => {
  if (event.kind === 'hold') return { by, until: event.hold.until }
  const isOn = before !== null && (before.until === null || before.until > now.wall)
  return event.kind === 'release' && isOn ? { ...before, until: now.wall } : before
}

/** Whether a hold that is over by now was not, when what has been so `since` then began. Pure. */
export const wasHeld = ({ until }: LastHold, since: MonoMs, now: Instant): boolean =>
  until !== null && until - now.wall > since - now.mono
