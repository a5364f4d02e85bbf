import { later, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import * as Type from 'typebox'
import type { SinrScale } from '../parse/at-qeng.ts'
import { SERIAL_DEVICE } from '../sys/serial.ts'
import { turnstile } from '../turnstile.ts'
import { atAbilities } from './at/abilities.ts'
import { pollAt } from './at/poll.ts'
import { atReading, blankReading } from './at/reading.ts'
import { rebootAt } from './at/reboot.ts'
import { reconnectAt } from './at/reconnect.ts'
import { sendSmsAt } from './at/send-sms.ts'
import { atTalk, USUAL_TIMEOUT } from './at/talk.ts'
import { unlockAt } from './at/unlock.ts'
import type { Able, ModemDriver, ModemPorts } from './modem.ts'

const AtConfigSchema = Type.Object(
  {
    address: Type.String({
      pattern: SERIAL_DEVICE.source,
      description: 'the serial device that answers AT commands, as in /dev/serial/by-id/…-if02-port0',
    }),
    sinr: Type.Optional(
      Type.Enum(['auto', 'db', 'x0.2-20'], {
        description:
          'how this firmware prints the SINR in +QENG: in dB, or in steps of 0.2 dB from −20; auto, unless given, takes what can be only one of them',
      }),
    ),
    contextId: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 24,
        description: 'the packet context of the data session; any, unless given',
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 4000,
        description: 'longest wait for one answer, 1500 unless given',
      }),
    ),
  },
  { additionalProperties: false },
)

export type AtConfig = Omit<Type.Static<typeof AtConfigSchema>, 'sinr'> & { readonly sinr?: SinrScale }

/** A whole poll is over after this time, whatever the device does. */
const LONGEST_POLL = seconds(4)

const BY_ID = '/dev/serial/by-id'
const isOfMaker = (name: string): boolean =>
  /quectel|huawei|simcom|sierra|telit|fibocom|zte|u-blox/i.test(name)

/** Modems that answer AT commands at a serial line of their own: no other program may talk there, ModemManager least of all. */
export const at = {
  name: 'at',
  configSchema: AtConfigSchema,
  create: (config: AtConfig, ports: Pick<ModemPorts, 'serial' | 'clock'>) => createAt(config, ports),
  recognition: {
    here: async ({ readDir }) =>
      (await readDir(BY_ID)).filter(isOfMaker).map((name) => ({
        where: `${BY_ID}/${name}`,
        sure: false,
        why: 'a serial line of a maker of modems; it is opened only when you name it',
        config: { address: `${BY_ID}/${name}` },
      })),
  },
} satisfies ModemDriver<AtConfig>

const createAt = (
  config: AtConfig,
  { serial, clock }: Pick<ModemPorts, 'serial' | 'clock'>,
): Able<'reconnect' | 'reboot' | 'sendSms' | 'simUnlock' | 'close'> => {
  const talk = atTalk(serial(config.address), clock)
  const abilities = atAbilities(clock)
  const timeout = config.timeoutMs === undefined ? USUAL_TIMEOUT : milliseconds(config.timeoutMs)
  const options = {
    address: config.address,
    sinr: config.sinr ?? 'auto',
    context: config.contextId ?? null,
  }
  const inTurn = turnstile()
  let reference = clock.now().wall & 0xff
  let wrongPin: string | null = null
  const orders: string[] = []

  /** Has something done that takes long: whoever reads meanwhile is told so at once. */
  const doing = async (what: string, task: () => Promise<void>): Promise<void> => {
    orders.push(what)
    try {
      await inTurn(task)
    } finally {
      orders.shift()
    }
  }

  return {
    async read() {
      const [order] = orders
      if (order !== undefined) return blankReading({ state: 'busy', cause: order }, config.address)
      return inTurn(async () => {
        const poll = await pollAt({ talk, abilities, clock, timeout }, later(clock.now().mono, LONGEST_POLL))
        return atReading(poll, options)
      })
    },
    reconnect: () =>
      doing('the modem is being reconnected', async () => {
        abilities.forget()
        await reconnectAt(talk, clock, options.context)
      }),
    reboot: () =>
      doing('the modem is being rebooted', async () => {
        abilities.forget()
        await rebootAt(talk)
      }),
    sendSms: (message) =>
      doing('the modem is sending a message', () => sendSmsAt(talk, message, reference++)),
    simUnlock: (pin) =>
      doing('the SIM card is being unlocked', async () => {
        if (pin === wrongPin) throw new InfraError('modem-auth', 'this PIN was wrong before')
        await unlockAt(talk, pin).catch((error: unknown) => {
          if (isInfraError(error, 'modem-auth')) wrongPin = pin
          throw error
        })
      }),
    close: () => inTurn(async () => talk.drop()),
  }
}
