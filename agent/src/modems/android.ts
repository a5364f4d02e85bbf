import { seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { SimState } from '@infra-home/shared/messages/modem.ts'
import { hasRadio } from '../parse/in-ranges.ts'
import * as Type from 'typebox'
import { parseSimStates } from '../parse/android-sim.ts'
import { parseTelephonyRegistry, type PhoneRegistry } from '../parse/dumpsys-telephony.ts'
import { turnstile } from '../turnstile.ts'
import { judgeFailure, judgeModem, NO_RADIO, readingOf } from './judge.ts'
import type { Modem, ModemDriver, ModemPorts, ModemReading } from './modem.ts'
import { sendSms } from './phone/send-sms.ts'
import { whyNoData } from './phone/why-no-data.ts'

const AndroidConfigSchema = Type.Object(
  {
    slot: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 3, description: 'the SIM slot, from 0; 0 unless given' }),
    ),
  },
  { additionalProperties: false },
)
export type AndroidConfig = Type.Static<typeof AndroidConfigSchema>

const LONGEST_ASK = seconds(3)

/**
 * A phone that the agent runs on, by `dumpsys telephony.registry`. That is for root and for whom it was granted
 * (`pm grant com.termux android.permission.DUMP`); who is neither asks once by su, and goes on so when that is let in.
 */
export const android = {
  name: 'android',
  configSchema: AndroidConfigSchema,
  create: (config: AndroidConfig, { exec }: Pick<ModemPorts, 'exec'>): Modem => {
    const slot = config.slot ?? 0
    const dump = dumper(exec)
    const inTurn = turnstile() // each question is a process, and Android counts those
    const read = (): Promise<ModemReading> =>
      inTurn(async () => {
        try {
          const [registry, sim] = await Promise.all([
            dump().then((text) => parseTelephonyRegistry(text, slot)),
            askSim(exec, slot),
          ])
          return readingOfPhone(registry, sim)
        } catch (error) {
          if (isInfraError(error, 'modem-auth'))
            return readingOf({ state: 'auth-failed', cause: error.message }, NAMED, NO_RADIO)
          return readingOf(judgeFailure(error, 'dumpsys'), NAMED, NO_RADIO)
        }
      })
    return { read, sendSms: (message) => sendSms({ read, exec }, message, config.slot ?? null) }
  },
  recognition: {
    here: async ({ exec }) =>
      /SignalStrength/.test(await exec('dumpsys', ['telephony.registry']))
        ? [{ where: 'this phone', sure: true, why: 'dumpsys tells of its radio', config: {} }]
        : [],
  },
} satisfies ModemDriver<AndroidConfig>

const NAMED = { driver: 'android', address: null } as const

/** What Android prints instead, with exit code 0, when somebody may not ask. */
const REFUSAL = /^(?:Permission Denial: .*|Can't find service: .*)/m

/** Asks in the way that was let in last, then in the other one. @throws InfraError modem-auth when neither is */
const dumper = (exec: ModemPorts['exec']): (() => Promise<string>) => {
  let ways: readonly ('dumpsys' | 'su-dumpsys')[] = ['dumpsys', 'su-dumpsys']
  return async () => {
    let why = ''
    for (const way of ways) {
      const said = await exec(way, ['telephony.registry'], LONGEST_ASK).catch((error: unknown) => {
        if (way === 'su-dumpsys' && isInfraError(error, 'exec-failed')) return null
        throw error
      })
      const refusal = said === null ? 'there is no su, or it refuses' : REFUSAL.exec(said)?.[0]
      if (said !== null && refusal === undefined) {
        ways = way === 'dumpsys' ? ['dumpsys', 'su-dumpsys'] : ['su-dumpsys', 'dumpsys']
        return said
      }
      why = refusal ?? ''
    }
    throw new InfraError('modem-auth', `dumpsys wants root or the permission DUMP: ${why}`)
  }
}

/** That a phone does not tell of its SIM is no reason not to read the rest. */
const askSim = async (exec: ModemPorts['exec'], slot: number): Promise<SimState> => {
  try {
    return parseSimStates(await exec('getprop', ['gsm.sim.state'], LONGEST_ASK), slot)
  } catch (error) {
    if (isInfraError(error)) return 'unknown'
    throw error
  }
}

const readingOfPhone = ({ service, signal, ...data }: PhoneRegistry, sim: SimState): ModemReading => {
  const { why, ...network } = service
  const { dataSession } = data
  const reason = whyNoData(network.registration, { ...data, why })
  const judged = judgeModem({
    sim,
    registration: network.registration,
    dataSession,
    why: reason,
    hears: hasRadio(signal),
  })
  const cause = judged.state === 'searching' ? (reason ?? judged.cause) : judged.cause
  return readingOf({ state: judged.state, cause }, { ...NAMED, ...network, dataSession, sim }, signal)
}
