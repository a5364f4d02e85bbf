import * as Type from 'typebox'
import type { EntryStream } from '../../audit/stream.ts'

/** `?wait=SECONDS`: the answer comes when something has changed, or when the time is over. */
export const WaitQuery = Type.Object({ wait: Type.Optional(Type.Number({ minimum: 0, maximum: 60 })) })
export type WaitQuery = Type.Static<typeof WaitQuery>

/** Resolves at the next entry that is more than numbers or the passing of time, or after `seconds`. */
export const waitForChange = (
  stream: EntryStream,
  seconds: number | undefined,
  signal?: AbortSignal,
): Promise<void> => {
  if (!seconds) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer)
      leave()
      resolve()
    }
    const timer = setTimeout(finish, seconds * 1000)
    const leave = stream.subscribe(({ kind }) => {
      if (kind !== 'numbers' && kind !== 'tick') setImmediate(finish)
    })
    signal?.addEventListener('abort', finish)
  })
}
