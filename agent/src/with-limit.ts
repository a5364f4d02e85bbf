import type { Clock, DurationMs } from '@infra-home/shared/clock.ts'

/** What `work` resolves with; rejects when that takes longer than `limit`. The work itself goes on unheard. */
export const withLimit = <T>(work: Promise<T>, clock: Clock, limit: DurationMs): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(limit, () => reject(new Error(`no answer within ${limit} ms`)))
    work.then(resolve, reject).finally(cancel)
  })
