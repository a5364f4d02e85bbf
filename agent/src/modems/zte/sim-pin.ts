import { decimalIn } from '../../parse/radio-words.ts'
import type { ZteFields } from '../../parse/zte-answer.ts'
import { refused, type ZteOrder } from './orders.ts'

/** A wrong PIN takes one try, and a person must be left with more than the last. */
const LEAST_TRIES = 3
const WHAT = 'given its PIN'

/** Gives the SIM its PIN, once; the device's count of what is left makes sure that a wrong one is not sent again. */
export const enterPin = async (order: ZteOrder, pin: string): Promise<void> => {
  if (!/^\d{4,8}$/.test(pin)) throw refused('modem-refused', WHAT, 'a PIN has four to eight digits')
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
  const left = decimalIn(fields.get('pinnumber'))
  if (left === null) throw refused('modem-refused', WHAT, 'it does not say how many tries are left')
  if (left < LEAST_TRIES) throw refused('modem-refused', WHAT, `only ${left} tries are left`)
}
