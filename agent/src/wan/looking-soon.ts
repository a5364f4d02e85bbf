import { type CancelTimer, type Clock, every, milliseconds, seconds } from '@infra-home/shared/clock.ts'

/** What nobody told us of, or told us too early. */
const LOOK_EVERY = seconds(30)
/** The kernel's news come in bursts. */
const BURST = milliseconds(20)

/** Looks when something has changed, once for a burst of news, and now and then without any. */
export const lookingSoon = (
  clock: Clock,
  look: () => Promise<void>,
): { readonly soon: () => void; readonly stop: () => void } => {
  let cancel: CancelTimer | null = null
  const soon = (): void => {
    cancel ??= clock.after(BURST, () => {
      cancel = null
      void look()
    })
  }
  const stop = every(clock, LOOK_EVERY, soon)
  return {
    soon,
    stop() {
      stop()
      cancel?.()
    },
  }
}
