import { milliseconds, seconds } from '@infra-home/shared/clock.ts'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import type { Modem } from '../../modems/modem.ts'
import { turnstile } from '../../turnstile.ts'
import type { SmsConfig } from '../alarm-config.ts'
import type { AlarmChannel } from '../channel.ts'

/** Fits into what every modem takes, in whatever alphabet. */
const MOST_CHARACTERS = 300
/** A modem takes long to send. */
const LIMIT_A_NUMBER = seconds(90)

/** Sends short messages through one of this agent's modems, one after the other; it is told as soon as one of the numbers has it. */
export const sms = (
  { modem: id, to }: SmsConfig,
  modems: ReadonlyMap<string, Pick<Modem, 'sendSms'>>,
): AlarmChannel => ({
  name: 'sms',
  limit: milliseconds(LIMIT_A_NUMBER * to.length),
  async send({ title, text, id: alarm }) {
    const modem = modems.get(id)
    if (!modem?.sendSms) throw new InfraError('delivery-failed', `the modem ${id} sends no short messages`)
    const send = modem.sendSms
    const tail = ` (alarm ${alarm})`
    const body = `${title}. ${text}`.slice(0, MOST_CHARACTERS - tail.length) + tail
    const inTurn = turnstile()
    const sendings = to.map((number) => inTurn(() => send({ to: number, text: body })))
    await Promise.any(sendings).catch(async () => {
      const why = await sendings[0]?.then(() => null, describeError)
      throw new InfraError('delivery-failed', why ?? 'no number')
    })
  },
})
