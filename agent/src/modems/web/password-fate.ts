import { days, type DurationMs, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'

/** What became of a password when a device was shown it last. */
export type PasswordFate =
  | { readonly is: 'accepted' }
  | { readonly is: 'refused'; readonly cause: string }
  /** The device may have looked at it, and did not say what it found. */
  | {
      readonly is: 'unanswered'
      readonly cause: string
      readonly since: MonoMs
      /** How long it is not shown again. */
      readonly waitMs: DurationMs
      /** It was accepted before. */
      readonly proven: boolean
    }

const PROVEN_AFTER = minutes(10)
const UNPROVEN_AFTER = days(1)
export const LOST_ANSWER = 'the answer to the login was lost'

/** Whether the device accepted it once. Pure. */
export const isProvenBy = (fate: PasswordFate | null): boolean =>
  fate?.is === 'accepted' || (fate?.is === 'unanswered' && fate.proven)

/** Why a password with this fate is not shown now; null when it may be. Pure. */
export const objectionIn = (fate: PasswordFate | null, now: MonoMs): string | null => {
  if (fate === null || fate.is === 'accepted') return null
  return fate.is === 'refused' || now < later(fate.since, fate.waitMs) ? fate.cause : null
}

/** One that was `before` and is shown now, or was and nobody knows what came of it. @param waitMs unless the usual one. Pure. */
export const unansweredFrom = (
  before: PasswordFate | null,
  {
    since,
    cause,
    waitMs,
  }: { readonly since: MonoMs; readonly cause: string; readonly waitMs?: DurationMs | undefined },
): Extract<PasswordFate, { is: 'unanswered' }> => {
  const proven = isProvenBy(before)
  const fate = { is: 'unanswered', since, proven } as const
  if (waitMs !== undefined || proven) return { ...fate, cause, waitMs: waitMs ?? PROVEN_AFTER }
  const why = `${cause}; a password that may be wrong is not tried again for a day`
  return { ...fate, cause: why, waitMs: UNPROVEN_AFTER }
}
