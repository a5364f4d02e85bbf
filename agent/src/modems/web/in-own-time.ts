import { type Clock, elapsed, milliseconds, type MonoMs, seconds } from '@infra-home/shared/clock.ts'

/**
 * Work that goes on when whoever asked for it can wait no longer; the next one waits for the same. So a password that was shown has its answer
 * heard, however little is left of a reading.
 */
export type OwnTime<Outcome> = {
  /** Begins it unless it is under way. Resolves with null when it is not over by `deadline`. @throws as the work does */
  by(deadline: MonoMs): Promise<Outcome | null>
  /** Waits until nothing is under way. Resolves with whether it is so by `deadline`. Never throws. */
  settled(deadline: MonoMs): Promise<boolean>
}

export const inOwnTime = <Outcome>(clock: Clock, work: () => Promise<Outcome>): OwnTime<Outcome> => {
  let underWay: Promise<Outcome> | null = null
  return {
    by(deadline) {
      underWay ??= work().finally(() => void (underWay = null))
      return before(deadline, underWay, clock)
    },
    async settled(deadline) {
      const over = underWay?.then(
        () => true,
        () => true,
      )
      return over === undefined || (await before(deadline, over, clock)) === true
    },
  }
}

/** null when it is not over by then. */
const before = <Outcome>(deadline: MonoMs, work: Promise<Outcome>, clock: Clock): Promise<Outcome | null> =>
  new Promise((resolve, reject) => {
    const left = milliseconds(Math.max(0, elapsed(clock.now().mono, deadline)))
    const cancel = clock.after(left, () => resolve(null))
    work.then(resolve, reject).finally(cancel)
  })

/** A login is over after this time, whatever the device does. */
export const LONGEST_LOGIN = seconds(15)
export const STILL_LOGGING_IN = 'the modem has not yet answered the login'
