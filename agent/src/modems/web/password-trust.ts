import { type DurationMs, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'

/** What is remembered of one password: devices lock themselves after a few wrong ones. */
export type PasswordTrust = {
  /** Why it is not to be sent now; null when it may be. */
  objection(now: MonoMs): string | null
  /** It was accepted once. */
  isProven(): boolean
  accepted(): void
  /** It was looked at and refused: never again. Each of these gives the cause, for people. */
  refused(cause: string): string
  /** It may have been looked at: one that never was accepted must not be risked a second time. */
  lost(now: MonoMs, cause?: string): string
  /** It was not looked at, and asking again soon is no use. */
  wait(now: MonoMs, patience: DurationMs, cause: string): string
}

const AFTER_A_LOST_ANSWER = minutes(10)

export const passwordTrust = (): PasswordTrust => {
  let proven = false
  let barred: string | null = null
  let waiting: { readonly until: MonoMs; readonly cause: string } | null = null
  const bar = (cause: string): string => (barred = cause)
  const wait = (now: MonoMs, patience: DurationMs, cause: string): string => {
    waiting = { until: later(now, patience), cause }
    return cause
  }
  return {
    objection: (now) => barred ?? (waiting && now < waiting.until ? waiting.cause : null),
    isProven: () => proven,
    accepted() {
      proven = true
      waiting = null
    },
    refused: (cause) => bar(`${cause}; not tried again`),
    lost(now, cause = 'the answer to the login was lost') {
      if (proven) return wait(now, AFTER_A_LOST_ANSWER, cause)
      return bar(`${cause}; a password that may be wrong is not tried twice`)
    },
    wait,
  }
}
