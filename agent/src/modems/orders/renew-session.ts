import { type Clock, elapsed, minutes, seconds, sleep } from '@infra-home/shared/clock.ts'
import { type ErrorCode, isInfraError } from '@infra-home/shared/errors.ts'

type Session = { end(): Promise<void>; begin(): Promise<void> }

/**
 * Ends a data session and begins it anew. One that we ended is not left so for a refusal, since nobody else begins it again; an order to end it whose
 * answer was lost may have been obeyed, so that it is begun all the same.
 * @throws InfraError as the two orders do
 */
export const renewSession = async (clock: Clock, { end, begin }: Session): Promise<void> => {
  try {
    await end()
  } catch (error) {
    if (isInfraError(error, 'modem-unreachable'))
      await insist(clock, begin, ['modem-refused']).catch(passOver)
    throw error
  }
  await insist(clock, begin, ['modem-refused', 'modem-unreachable'])
}

/** What is told is the first failure. */
const passOver = (error: unknown): void => {
  if (!isInfraError(error)) throw error
}

/** Devices are busy for seconds after they have hung up. */
const WAITS = [seconds(1), seconds(2), seconds(4), seconds(8)] as const
/** After this time nothing is tried again: some devices take most of a minute to say no. */
const PATIENCE = minutes(1)

/** Has a session begun, with a few more tries when it fails in a way that may pass. @throws InfraError the last failure */
const insist = async (
  clock: Clock,
  begin: () => Promise<void>,
  passing: readonly ErrorCode[],
): Promise<void> => {
  const begunAt = clock.now().mono
  for (const wait of WAITS) {
    try {
      return await begin()
    } catch (error) {
      const mayPass = passing.some((code) => isInfraError(error, code))
      if (!mayPass || elapsed(begunAt, clock.now().mono) >= PATIENCE) throw error
      await sleep(clock, wait)
    }
  }
  await begin()
}
