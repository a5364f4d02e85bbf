import type { CancelTimer, Clock, DurationMs, MonoMs } from '@infra-home/shared/clock.ts'
import { later } from '@infra-home/shared/clock.ts'

/** A timer that may be set sooner and never later, until it goes off: several reasons to look make one look, at the first time of all. */
export type Soonest = {
  within(delay: DurationMs): void
  /** It goes off no more, whoever sets it. */
  stop(): void
}

export const soonest = (clock: Clock, fn: () => void): Soonest => {
  let set: { readonly at: MonoMs; readonly cancel: CancelTimer } | null = null
  let isStopped = false
  const goOff = (): void => {
    set = null
    fn()
  }
  return {
    within(delay) {
      const at = later(clock.now().mono, delay)
      if (isStopped || (set && set.at <= at)) return
      set?.cancel()
      set = { at, cancel: clock.after(delay, goOff) }
    },
    stop() {
      isStopped = true
      set?.cancel()
    },
  }
}
