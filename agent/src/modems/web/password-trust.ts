import { type Clock, type DurationMs, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'

/**
 * What is remembered of one password, so that it is not sent again when it is known or feared to be wrong: devices lock
 * themselves after a few wrong ones.
 */
export type PasswordTrust = {
  /** Why the password is not to be sent now; null when it may be. */
  refusal(): string | null
  /** It was accepted once. */
  isProven(): boolean
  accepted(): void
  /** It was looked at and is wrong: never again. Returns what is to be said of it. */
  rejected(cause: string): string
  /** It was not judged, and there is no point in coming back earlier. */
  postponed(cause: string, by: DurationMs): string
  /** It may have been looked at: one that never was accepted must not be risked a second time. */
  lost(cause: string): string
}

const AFTER_A_LOST_ANSWER = minutes(10)

export const passwordTrust = (clock: Clock): PasswordTrust => {
  let proven = false
  let barred: string | null = null
  let waiting: { readonly until: MonoMs; readonly cause: string } | null = null
  const wait = (cause: string, by: DurationMs): string => {
    waiting = { until: later(clock.now().mono, by), cause }
    return cause
  }
  return {
    refusal: () => barred ?? (waiting && clock.now().mono < waiting.until ? waiting.cause : null),
    isProven: () => proven,
    accepted() {
      proven = true
      waiting = null
    },
    rejected: (cause) => (barred = `${cause}; not tried again`),
    postponed: wait,
    lost(cause) {
      if (proven) return wait(cause, AFTER_A_LOST_ANSWER)
      return (barred = `${cause}; a password that may be wrong is not tried twice`)
    },
  }
}
