import { type CancelTimer, type Clock, type DurationMs, milliseconds } from '@infra-home/shared/clock.ts'
import { describeError, isInfraError } from '@infra-home/shared/errors.ts'

/** Work that is done when there is some, one at a time, and again with growing waits while the disk fails. */
export type Retrying = {
  /** There is work. What is kicked within one tick is done at once, after it. */
  kick(): void
  /** Does the work now, waits or not. Resolves when it was tried to the end. */
  now(): Promise<void>
  failures(): number
  /** Why the last write was refused; null once something was written since. */
  refused(): string | null
  stop(): void
}

export type RetryingOptions = {
  readonly clock: Clock
  readonly first: DurationMs
  readonly longest: DurationMs
  /** Does all there is, after a refusal at least something, and says whether it wrote. @throws InfraError when it is to be tried again */
  readonly work: (wasRefused: boolean) => Promise<boolean>
}

export const createRetrying = ({ clock, first, longest, work }: RetryingOptions): Retrying => {
  let running: Promise<void> | null = null
  let again = false
  let failures = 0
  let inARow = 0
  let refused: string | null = null
  let waiting: CancelTimer | null = null
  let stopped = false

  const attempt = async (): Promise<void> => {
    try {
      await Promise.resolve() // the rest of this tick may bring more
      do {
        again = false
        if (await work(refused !== null)) refused = null // that there was nothing to write says nothing of the disk
        inARow = 0
      } while (again)
    } catch (error) {
      if (!isInfraError(error)) throw error
      failures++
      refused = describeError(error)
      wait()
    } finally {
      running = null
    }
  }

  const wait = (): void => {
    const delay = Math.min(longest, first * 2 ** Math.min(20, inARow++))
    if (stopped) return
    waiting = clock.after(milliseconds(delay), () => {
      waiting = null
      void start()
    })
  }

  const start = (): Promise<void> => {
    again = true
    running ??= attempt()
    return running
  }

  return {
    kick() {
      if (waiting === null && !stopped) void start()
    },
    async now() {
      await running // it may fail on what is mended by now
      waiting?.()
      waiting = null
      await start()
    },
    failures: () => failures,
    refused: () => refused,
    stop() {
      stopped = true
      waiting?.()
      waiting = null
    },
  }
}
