import { type Clock, later, milliseconds, type MonoMs, seconds, sleep } from '@infra-home/shared/clock.ts'
import { parseZteStatus } from '../../parse/zte-status.ts'
import type { turnstile } from '../../turnstile.ts'
import { renewSession } from '../orders/renew-session.ts'
import type { ZteOrder } from './orders.ts'
import { fieldsOf, type ZteSession } from './session.ts'

type ReconnectPorts = {
  readonly session: ZteSession
  readonly order: ZteOrder
  readonly clock: Clock
  /** Between two orders others may have theirs. */
  readonly inTurn: ReturnType<typeof turnstile>
}

/** Devices pass over CONNECT_NETWORK while they are still hanging up. */
const LONGEST_HANGING_UP = seconds(10)
const LOOK_EVERY = milliseconds(500)

/** Ends the data session and begins it anew. @throws InfraError modem-refused, modem-unreachable, modem-auth */
export const reconnectZte = async ({
  session,
  order: orderNow,
  clock,
  inTurn,
}: ReconnectPorts): Promise<void> => {
  const order: ZteOrder = (form, what) => inTurn(() => orderNow(form, what))
  await renewSession(clock, {
    async end() {
      await order({ goformId: 'DISCONNECT_NETWORK', notCallback: 'true' }, 'disconnected')
      const until = later(clock.now().mono, LONGEST_HANGING_UP)
      while (!(await inTurn(() => hasHungUp(session, until))) && clock.now().mono < until)
        await sleep(clock, LOOK_EVERY)
    },
    begin: () => order({ goformId: 'CONNECT_NETWORK', notCallback: 'true' }, 'connected again'),
  })
}

const hasHungUp = async (session: ZteSession, deadline: MonoMs): Promise<boolean> => {
  const fields = fieldsOf(await session.ask(['ppp_status'], deadline))
  return (
    fields?.get('ppp_status') !== 'ppp_disconnecting' &&
    parseZteStatus(fields ?? new Map()).dataSession === 'disconnected'
  )
}
