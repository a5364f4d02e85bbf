import { type DurationMs, later, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import { type FateMemory, fateMemory } from './fate-memory.ts'
import { isProvenBy, LOST_ANSWER, objectionIn, unansweredFrom } from './password-fate.ts'
import type { ShownPassword, ShownPasswords } from './shown-passwords.ts'

/**
 * What is remembered of one password: devices lock themselves after a few wrong ones. That it is shown stands on the disk before a device
 * sees it, so that neither a lost answer nor a restart has it shown again soon.
 */
export type PasswordTrust = {
  /** Why it is not to be shown now; null when it may be. */
  objection(now: MonoMs): Promise<string | null>
  /** The device accepted it once, in this run or an earlier one. */
  isProven(): boolean
  /** It is about to be shown. What is given is an objection: that could not be noted. */
  showing(now: MonoMs): Promise<string | null>
  accepted(): Promise<void>
  /** The device takes us for somebody who is in: where an answer was lost, that was a yes. */
  inside(): Promise<void>
  /** It was looked at and refused: never again. Each of these gives the cause, for people. */
  refused(cause: string): Promise<string>
  /** It may have been looked at: one that was never accepted is not risked again for a day, unless told how long. */
  lost(now: MonoMs, cause?: string, waitMs?: DurationMs): Promise<string>
  /** It was not sent, or not looked at. */
  unseen(): Promise<void>
  /** The same, and asking again soon is no use. */
  wait(now: MonoMs, patience: DurationMs, cause: string): Promise<string>
}

export const passwordTrust = (shown: ShownPassword, book: ShownPasswords): PasswordTrust => {
  const memory = fateMemory(shown, book)
  /** Accepted by this run: then a login costs no writing. */
  let isConfirmed = false
  let waiting: { readonly until: MonoMs; readonly cause: string } | null = null
  const accepted = async (): Promise<void> => {
    isConfirmed = true
    if (memory.fate?.is !== 'accepted') await memory.become({ is: 'accepted' })
  }
  return {
    objection: (now) =>
      unlessFailed('whether the password was refused before is not known', async () => {
        await memory.lookBack()
        return objectionIn(memory.fate, now) ?? (waiting && now < waiting.until ? waiting.cause : null)
      }),
    isProven: () => isProvenBy(memory.fate),
    showing: async (now) => (isConfirmed ? null : noteShowing(memory, now)),
    accepted,
    async inside() {
      if (memory.fate?.is === 'unanswered') await accepted()
    },
    async refused(refusal) {
      isConfirmed = false
      const cause = `${refusal}; not tried again`
      await memory.become({ is: 'refused', cause })
      return cause
    },
    async lost(now, cause = LOST_ANSWER, waitMs) {
      isConfirmed = false
      const fate = unansweredFrom(memory.fate, { since: now, cause, waitMs })
      await memory.become(fate)
      return fate.cause
    },
    unseen: memory.restore,
    async wait(now, patience, cause) {
      waiting = { until: later(now, patience), cause }
      await memory.restore()
      return cause
    },
  }
}

/** Where it cannot be noted that a password is shown, only one that was accepted before is. */
const noteShowing = async (memory: FateMemory, now: MonoMs): Promise<string | null> => {
  const fate = unansweredFrom(memory.fate, { since: now, cause: LOST_ANSWER })
  const objection = await unlessFailed('that the password is shown cannot be noted', () =>
    memory.foresee(fate).then(() => null),
  )
  return isProvenBy(memory.fate) ? null : objection
}

/** An objection of the disk's, where it fails. */
const unlessFailed = async (what: string, work: () => Promise<string | null>): Promise<string | null> => {
  try {
    return await work()
  } catch (error) {
    if (isInfraError(error)) return `${what}: ${describeError(error)}`
    throw error
  }
}
