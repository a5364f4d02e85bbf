import { type Clock, seconds } from '@infra-home/shared/clock.ts'
import { parseActive } from '../../parse/at-session.ts'
import { renewSession } from '../orders/renew-session.ts'
import { failureOf, order } from './order.ts'
import { type AtTalk, isSilence } from './talk.ts'

/** To leave a network and to enter it takes seconds; the standard sets no limit. */
const DETACH_LIMIT = seconds(15)
const ATTACH_LIMIT = seconds(45)
/** That of the data session, unless its owner says otherwise (TS 27.007 §10.1.1). */
const FIRST_CONTEXT = 1
const WHAT = 'reconnected'

/**
 * Leaves the packet service and enters it again; where a modem does not let itself be detached, it gives up its context.
 * @param context that has to be connected in the end; null: any
 * @throws InfraError modem-refused, modem-unreachable
 */
export const reconnectAt = async (talk: AtTalk, clock: Clock, context: number | null): Promise<void> => {
  const cid = context ?? FIRST_CONTEXT
  let staysAttached = false
  await renewSession(clock, {
    async end() {
      const left = await talk.ask({ command: 'AT+CGATT=0', timeout: DETACH_LIMIT })
      if (isSilence(left)) throw failureOf(left, WHAT)
      staysAttached = left.kind !== 'said'
      if (staysAttached)
        await order(talk, { command: `AT+CGACT=0,${cid}`, timeout: DETACH_LIMIT, what: WHAT })
    },
    async begin() {
      if (!staysAttached) await order(talk, { command: 'AT+CGATT=1', timeout: ATTACH_LIMIT, what: WHAT })
      const contexts = await order(talk, { command: 'AT+CGACT?', what: WHAT })
      if (parseActive(contexts, context) !== 'connected')
        await order(talk, { command: `AT+CGACT=1,${cid}`, timeout: ATTACH_LIMIT, what: WHAT })
    },
  })
}
