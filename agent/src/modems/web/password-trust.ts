import { type DurationMs, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import type { RefusedPasswords, ShownPassword } from './refused-passwords.ts'

/** What is remembered of one password: devices lock themselves after a few wrong ones. */
export type PasswordTrust = {
  /** Why it is not to be sent now; null when it may be. */
  objection(now: MonoMs): Promise<string | null>
  /** It was accepted once. */
  isProven(): boolean
  accepted(): void
  /** It was looked at and refused: never again, not even by the next run. Each of these gives the cause, for people. */
  refused(cause: string): Promise<string>
  /** It may have been looked at: one that never was accepted must not be risked a second time by this run. */
  lost(now: MonoMs, cause?: string): string
  /** It was not looked at, and asking again soon is no use. */
  wait(now: MonoMs, patience: DurationMs, cause: string): string
}

const AFTER_A_LOST_ANSWER = minutes(10)

export const passwordTrust = (shown: ShownPassword, earlier: RefusedPasswords): PasswordTrust => {
  let proven = false
  let isNew = false
  let barred: string | null = null
  let waiting: { readonly until: MonoMs; readonly cause: string } | null = null
  const bar = (cause: string): string => (barred = cause)
  const wait = (now: MonoMs, patience: DurationMs, cause: string): string => {
    waiting = { until: later(now, patience), cause }
    return cause
  }
  /** Looks once whether an earlier run was refused; while that cannot be known, nothing is risked. */
  const lookBack = async (): Promise<string | null> => {
    try {
      const cause = await earlier.causeOf(shown)
      isNew = cause === null
      return cause && bar(cause)
    } catch (error) {
      if (!isInfraError(error)) throw error
      return `whether the password was refused before is not known: ${describeError(error)}`
    }
  }
  return {
    async objection(now) {
      if (barred === null && !isNew) return lookBack()
      return barred ?? (waiting && now < waiting.until ? waiting.cause : null)
    },
    isProven: () => proven,
    accepted() {
      proven = true
      waiting = null
    },
    async refused(cause) {
      const barring = bar(`${cause}; not tried again`)
      await earlier.note(shown, barring).catch(passOver)
      return barring
    },
    lost(now, cause = 'the answer to the login was lost') {
      if (proven) return wait(now, AFTER_A_LOST_ANSWER, cause)
      return bar(`${cause}; a password that may be wrong is not tried twice`)
    },
    wait,
  }
}

/** What a full disk does not keep, this run still knows. */
const passOver = (error: unknown): void => {
  if (!isInfraError(error)) throw error
}
