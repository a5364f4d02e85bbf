import type { DurationMs } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'

export type Failure = {
  /** False when trying again cannot help. */
  readonly retryable: boolean
  /** How long the other side wants to be left alone; null when it did not say. */
  readonly retryAfter?: DurationMs | null
  /** It may be tried again, and it is certain that nobody has it. */
  readonly unsent?: boolean
  readonly exchange: string
}

/** What did not arrive, and why: an InfraError delivery-failed whose context is the failure. */
export const deliveryFailed = (
  channel: string,
  what: string,
  { retryable, retryAfter = null, unsent = false, exchange }: Failure,
): InfraError =>
  new InfraError('delivery-failed', `${channel}: ${what}`, {
    context: { retryable, retryAfterMs: retryAfter, unsent, exchange },
  })

/** The failure that an error of a channel tells of, or null when it is none; what it does not say is taken as harmless. */
export const failureOf = (error: unknown): Required<Failure> | null => {
  if (!isInfraError(error, 'delivery-failed')) return null
  const { retryable, retryAfterMs, unsent, exchange } = error.context
  return {
    retryable: retryable !== false,
    retryAfter: typeof retryAfterMs === 'number' ? (retryAfterMs as DurationMs) : null,
    unsent: unsent === true,
    exchange: typeof exchange === 'string' ? exchange : '',
  }
}
