import { type Clock, type DurationMs, elapsed, milliseconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { hasRadio } from '../parse/in-ranges.ts'
import * as Type from 'typebox'
import { termuxRefusal } from '../parse/termux-answer.ts'
import { parseTermuxCells, type TermuxCell } from '../parse/termux-cells.ts'
import { parseTermuxDevice, type TermuxDevice } from '../parse/termux-device.ts'
import type { Program } from '../sys/allow-list.ts'
import { turnstile } from '../turnstile.ts'
import { type Judged, judgeFailure, judgeModem, NO_RADIO, readingOf } from './judge.ts'
import type { Modem, ModemDriver, ModemPorts, ModemReading } from './modem.ts'
import { sendSms } from './phone/send-sms.ts'
import { whyNoData } from './phone/why-no-data.ts'

const TermuxConfigSchema = Type.Object(
  {
    slot: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3,
        description: 'the SIM slot that sends messages; what is read is always the phone’s main SIM',
      }),
    ),
  },
  { additionalProperties: false },
)
export type TermuxConfig = Type.Static<typeof TermuxConfigSchema>

/** A call never ends when Android has ended the Termux:API app (github.com/termux/termux-api, issues 466 and 502). */
const LONGEST_CALL = milliseconds(2500)
const LONGEST_READ = milliseconds(3800)

/** A phone that the agent runs on in Termux, without root, by the Termux:API app. */
export const termux = {
  name: 'termux',
  configSchema: TermuxConfigSchema,
  create: (config: TermuxConfig, { exec, clock }: Pick<ModemPorts, 'exec' | 'clock'>): Modem => {
    const inTurn = turnstile() // each call is a process, and Android counts those
    const call = async (program: Program, timeout: DurationMs): Promise<string> => {
      const said = await exec(program, [], timeout)
      const refusal = termuxRefusal(said)
      if (refusal === null) return said
      throw new InfraError(/permission/i.test(refusal) ? 'modem-auth' : 'modem-refused', refusal)
    }
    const read = (): Promise<ModemReading> =>
      inTurn(async () => {
        const left = countdown(clock)
        try {
          const device = parseTermuxDevice(await call('termux-telephony-deviceinfo', left()))
          return readingOfPhone(
            device,
            await readCell(device, () => call('termux-telephony-cellinfo', left())),
          )
        } catch (error) {
          return readingOf(judge(error), NAMED, NO_RADIO)
        }
      })
    return { read, sendSms: (message) => sendSms({ read, exec }, message, config.slot ?? null) }
  },
  recognition: {
    // never sure: where dumpsys may be asked, it tells more, and a phone is not to be read twice
    here: async ({ exec }) =>
      /"network_type"/.test(await exec('termux-telephony-deviceinfo', []))
        ? [{ where: 'this phone', sure: false, why: 'Termux:API tells of its radio', config: {} }]
        : [],
  },
} satisfies ModemDriver<TermuxConfig>

const NAMED = { driver: 'termux', address: null } as const

/** How long the next call may take. */
const countdown = (clock: Clock): (() => DurationMs) => {
  const start = clock.now().mono
  return () => milliseconds(Math.min(LONGEST_CALL, LONGEST_READ - elapsed(start, clock.now().mono)))
}

/** The cell that serves the phone, null where it is on no network, or why none is known. */
const readCell = async (
  device: TermuxDevice,
  ask: () => Promise<string>,
): Promise<TermuxCell | string | null> => {
  if (device.registration === 'searching') return null
  try {
    return (
      parseTermuxCells(await ask(), device) ??
      'no cell is told: location has to be on, and allowed to Termux:API'
    )
  } catch (error) {
    if (isInfraError(error)) return error.message
    throw error
  }
}

const readingOfPhone = (device: TermuxDevice, cell: TermuxCell | string | null): ModemReading => {
  const { dataSwitchedOff, ...known } = device
  const why = whyNoData(device.registration, { dataSwitchedOff, why: null })
  const heard = cell !== null && typeof cell !== 'string' ? cell : null
  const judged = judgeModem({ ...known, why, hears: heard !== null && hasRadio(heard) })
  if (cell === null || typeof cell === 'string') {
    const cause = judged.cause ?? (cell === null ? null : `the signal is not known: ${cell}`)
    return readingOf({ state: judged.state, cause }, { ...NAMED, ...known }, NO_RADIO)
  }
  const { band, cellId, pci, ...signal } = cell
  return readingOf(judged, { ...NAMED, ...known, band, cellId, pci }, signal)
}

const judge = (error: unknown): Judged => {
  if (isInfraError(error, 'modem-auth')) return { state: 'auth-failed', cause: error.message }
  if (isInfraError(error, 'modem-refused')) return { state: 'unknown', cause: `Termux:API: ${error.message}` }
  return judgeFailure(error, 'Termux:API')
}
