import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import type { Modem } from '../../modems/modem.ts'
import type { SmsConfig } from '../alarm-config.ts'
import type { AlarmChannel } from '../channel.ts'

/** Fits into what every modem takes, in whatever alphabet. */
const MOST_CHARACTERS = 300

/** Sends short messages through one of this agent's modems; it is told when one of the numbers has it. */
export const sms = (
  { modem: id, to }: SmsConfig,
  modems: ReadonlyMap<string, Pick<Modem, 'sendSms'>>,
): AlarmChannel => ({
  name: 'sms',
  async send({ title, text, id: alarm }) {
    const modem = modems.get(id)
    if (!modem?.sendSms) throw new InfraError('delivery-failed', `the modem ${id} sends no short messages`)
    const tail = ` (alarm ${alarm})`
    const body = `${title}. ${text}`.slice(0, MOST_CHARACTERS - tail.length) + tail
    const failures: string[] = []
    for (const number of to)
      await modem
        .sendSms({ to: number, text: body })
        .catch((error: unknown) => failures.push(describeError(error)))
    if (failures.length === to.length) throw new InfraError('delivery-failed', failures[0] ?? 'no number')
  },
})
