import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { HilinkFields } from '../../parse/hilink-answer.ts'
import { parseHilinkPin, parsePinTries, wantsPuk } from '../../parse/hilink-status.ts'
import { pinObjection, triesLeft } from '../judge.ts'
import type { HilinkOrder } from './order.ts'
import { requestXml } from './request.ts'
import { type PublicNumbers, sealBody } from './seal-body.ts'

const NOT_UNLOCKED = 'the SIM card was not unlocked'

/** Gives the SIM its PIN, once. @throws InfraError modem-refused, modem-unreachable, modem-auth */
export const unlockHilinkSim = async (order: HilinkOrder, pin: string): Promise<void> => {
  const { fields } = await order({ path: 'pin/status' }, NOT_UNLOCKED)
  const sim = parseHilinkPin(fields)
  if (sim === 'ready') return
  const objection = objectionTo(pin, fields)
  if (objection !== null) throw new InfraError('modem-refused', `${NOT_UNLOCKED}: ${objection}`)
  const key = await publicNumbers(order)
  const body = pinXml(pin)
  const request = {
    path: 'pin/operate',
    once: true,
    sealed: key !== null,
    body: () => (key ? sealBody(body, key) : body),
  }
  try {
    await order(request, NOT_UNLOCKED)
  } catch (error) {
    if (!isInfraError(error, 'modem-refused')) throw error
    const left = parsePinTries((await order({ path: 'pin/status' }, NOT_UNLOCKED)).fields)
    throw new InfraError('modem-refused', `${error.message}; ${triesLeft(left)}`, { cause: error })
  }
}

const objectionTo = (pin: string, fields: HilinkFields): string | null => {
  if (wantsPuk(fields)) return 'it wants its PUK'
  if (parseHilinkPin(fields) !== 'locked') return 'it does not ask for a PIN'
  return pinObjection(pin, parsePinTries(fields))
}

/** OperateType 0 is to verify a PIN (Salamek/huawei-lte-api: api/Pin.py). */
const pinXml = (pin: string): string =>
  requestXml([
    ['OperateType', 0],
    ['CurrentPin', pin],
    ['NewPin', ''],
    ['PukCode', ''],
  ])

/** The key that this firmware wants a PIN encrypted with; null where it has none and takes it as it is. */
const publicNumbers = async (order: HilinkOrder): Promise<PublicNumbers | null> => {
  const { fields } = await order({ path: 'webserver/publickey' }, NOT_UNLOCKED).catch(unlessRefused)
  const [modulus, exponent] = [fields.get('encpubkeyn') ?? '', fields.get('encpubkeye') ?? '']
  if (!modulus || !exponent) return null
  const login = await order({ path: 'user/state-login' }, NOT_UNLOCKED).catch(unlessRefused)
  return { modulus, exponent, padding: login.fields.get('rsapadingtype') === '1' ? 'oaep' : 'pkcs1' }
}

/** What a firmware lacks it refuses. */
const unlessRefused = (error: unknown): { readonly fields: HilinkFields } => {
  if (isInfraError(error, 'modem-refused')) return { fields: new Map() }
  throw error
}
