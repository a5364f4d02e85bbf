import {
  type CancelTimer,
  type Clock,
  elapsed,
  every,
  milliseconds,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'

/** What nobody told us of, or told us too early. */
const LOOK_EVERY = seconds(30)
/** The kernel's news come in bursts. */
const BURST = milliseconds(20)
/** Between two looks: an interface that never rests is not to keep everybody busy. */
const GAP = milliseconds(500)

/** Looks when something has changed, once for a burst of news, and now and then without any. One look at a time: an order waits for one at the most. */
export const lookingSoon = (
  clock: Clock,
  look: () => Promise<void>,
): { readonly soon: () => void; readonly stop: () => void } => {
  let cancel: CancelTimer | null = null
  let isLooking = false
  let isNews = false
  let isStopped = false
  let endedAt: MonoMs | null = null

  const begin = async (): Promise<void> => {
    cancel = null
    isLooking = true
    isNews = false
    await look().finally(() => {
      isLooking = false
      endedAt = clock.now().mono
    })
    if (isNews) soon()
  }
  const soon = (): void => {
    isNews = true
    if (isLooking || isStopped) return
    const rest = endedAt === null ? 0 : GAP - elapsed(endedAt, clock.now().mono)
    cancel ??= clock.after(milliseconds(Math.max(BURST, rest)), () => void begin())
  }
  const stop = every(clock, LOOK_EVERY, soon)
  return {
    soon,
    stop() {
      isStopped = true
      stop()
      cancel?.()
    },
  }
}
