import { InfraError } from '@infra-home/shared/errors.ts'
import type { NetgearModel } from '../../parse/netgear-model.ts'
import { pinObjection, triesLeft } from '../judge.ts'
import type { NetgearOrders } from './order.ts'

const NOT_UNLOCKED = 'the SIM card was not unlocked'

/** Gives the SIM its PIN, once. @throws InfraError modem-refused, modem-unreachable, modem-auth */
export const unlockNetgearSim = async (orders: NetgearOrders, pin: string): Promise<void> => {
  const before = await orders.look(NOT_UNLOCKED)
  if (before.sim === 'ready') return
  const objection = objectionTo(pin, before)
  if (objection !== null) throw new InfraError('modem-refused', `${NOT_UNLOCKED}: ${objection}`)
  await orders.fill('/Forms/config', { 'sim.pin.entry': pin }, NOT_UNLOCKED)
  const { sim, pinTries } = await orders.look(NOT_UNLOCKED)
  if (sim === 'locked' && pinTries !== before.pinTries)
    throw new InfraError('modem-refused', `${NOT_UNLOCKED}: it has another PIN; ${triesLeft(pinTries)}`)
}

const objectionTo = (pin: string, { sim, isBlocked, pinTries }: NetgearModel): string | null => {
  if (isBlocked) return 'it wants its PUK'
  return sim === 'locked' ? pinObjection(pin, pinTries) : 'it does not ask for a PIN'
}
