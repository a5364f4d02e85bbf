import type { Log } from '@infra-home/shared/log.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { Publisher } from './publisher.ts'

const LONGEST_ERROR = 512

/**
 * Says once that the disk does not take the outbox, and once that it does again: in the log, and as a state like that of a
 * collector.
 */
export const outboxWatch = (on: {
  readonly outbox: Pick<Outbox, 'stats'>
  readonly publisher: Pick<Publisher, 'states'>
  readonly log: Log
}): (() => void) => {
  let was = false
  return () => {
    const { failing, failure } = on.outbox.stats()
    if (failing === was) return
    was = failing
    if (failing) on.log('error', 'the disk takes nothing; what is said waits in memory', { error: failure })
    else on.log('info', 'the disk takes again what is said')
    const error = failure?.slice(0, LONGEST_ERROR) ?? null
    const body = { ok: !failing, error }
    on.publisher.states({ states: [{ kind: 'collector', id: 'outbox', body }], numbers: {}, whole: [] })
  }
}
