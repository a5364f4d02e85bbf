import { decimalIn } from '../../parse/radio-words.ts'
import type { ZteFields } from '../../parse/zte-answer.ts'
import { pinFault, triesObjection } from '../judge.ts'
import { refused, type ZteOrder } from './orders.ts'

const WHAT = 'given its PIN'

/** Gives the SIM its PIN, once; the device's count of what is left makes sure that a wrong one is not sent again. */
export const enterPin = async (order: ZteOrder, pin: string): Promise<void> => {
  const fault = pinFault(pin)
  if (fault !== null) throw refused('modem-refused', WHAT, fault)
  await order({ goformId: 'ENTER_PIN', PinNumber: pin }, WHAT, {
    first: ['modem_main_state', 'pinnumber'],
    check: mayTry,
  })
}

/** @throws InfraError modem-refused */
const mayTry = (fields: ZteFields): void => {
  const state = fields.get('modem_main_state') ?? ''
  if (state === '') throw refused('modem-refused', WHAT, 'it does not say what its SIM waits for')
  if (state !== 'modem_waitpin') throw refused('modem-refused', WHAT, 'its SIM does not wait for one')
  const objection = triesObjection(decimalIn(fields.get('pinnumber')))
  if (objection !== null) throw refused('modem-refused', WHAT, objection)
}
