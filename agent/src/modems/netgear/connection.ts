import { type Clock, milliseconds, seconds, sleep } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { renewSession } from '../orders/renew-session.ts'
import type { NetgearOrders } from './order.ts'

/** LB and LM know the word (amelchio/eternalegypt), M2 wants the number. */
const ENDS = ['Disconnect', '0'] as const
/** LB and LM restart by the one, of M2's firmwares some take only the other. */
const RESTARTS = ['restart', 'Restart'] as const
/** How long a session may take to end, and how often it is looked at. */
const PATIENCE = seconds(15)
const LOOK_EVERY = milliseconds(1000)

/** @throws InfraError modem-auth, modem-refused, modem-unreachable, as all below */
export const connectNetgear = (orders: NetgearOrders): Promise<void> =>
  orders.fill('/Forms/config', { 'wwan.connect': 'DefaultProfile' }, 'the data session was not begun')

export const disconnectNetgear = (orders: NetgearOrders): Promise<void> =>
  firstTaken(orders, { field: 'wwan.connect', values: ENDS }, 'the data session was not ended')

export const rebootNetgear = (orders: NetgearOrders): Promise<void> =>
  firstTaken(orders, { field: 'general.shutdown', values: RESTARTS }, 'the modem was not rebooted')

/**
 * Ends the session, waits until it has ended, for sooner none is begun, and begins one, unless the modem has done so by itself.
 * @throws InfraError modem-auth, modem-refused, modem-unreachable
 */
export const reconnectNetgear = async (orders: NetgearOrders, clock: Clock): Promise<void> => {
  const otherwise = 'the modem was not reconnected'
  const connection = async () => (await orders.look(otherwise)).connection
  await renewSession(clock, {
    async end() {
      if ((await connection()) !== 'Disconnected') await disconnectNetgear(orders)
      for (let waited = 0; waited < PATIENCE; waited += LOOK_EVERY) {
        if (HAS_ENDED.has(await connection())) return
        await sleep(clock, LOOK_EVERY)
      }
    },
    async begin() {
      if (!HAS_BEGUN.has(await connection())) await connectNetgear(orders)
    },
  })
}

const HAS_BEGUN: ReadonlySet<string | null> = new Set(['Connecting', 'Connected'])
/** A modem that connects by itself may be at it already. */
const HAS_ENDED: ReadonlySet<string | null> = new Set(['Disconnected', 'Connecting'])

const firstTaken = async (
  orders: NetgearOrders,
  { field, values }: { readonly field: string; readonly values: readonly [string, string] },
  otherwise: string,
): Promise<void> => {
  try {
    await orders.fill('/Forms/config', { [field]: values[0] }, otherwise)
  } catch (error) {
    if (!isInfraError(error, 'modem-refused')) throw error
    await orders.fill('/Forms/config', { [field]: values[1] }, otherwise)
  }
}
