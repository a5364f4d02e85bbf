import { type Clock, type DurationMs, sleep } from '@infra-home/shared/clock.ts'
import { type ErrorCode, InfraError } from '@infra-home/shared/errors.ts'
import { type Distortion, distortText } from './distortion.ts'
import {
  HEALTHY_MODEM,
  HEALTHY_RADIO,
  type ModemWorld,
  type SimulatedConnection,
  type SimulatedRadio,
  type SimulatedSim,
} from './modem-world.ts'

/** What every simulated modem is put through, whatever it speaks. */
export type ModemBox = {
  world(): ModemWorld
  /** Sets any part of what the modem is like. */
  change(part: Partial<ModemWorld>): void
  /** null: no signal; a part: the rest as it was, or healthy after null. */
  setRadio(radio: Partial<SimulatedRadio> | null): void
  setSim(sim: SimulatedSim): void
  setConnection(connection: SimulatedConnection): void
  /** Takes questions and never answers them. */
  hang(on: boolean): void
  /** Off: nothing is there. */
  power(on: boolean): void
  /** What is done to every answer on its way out. */
  setAnswers(distortion: Distortion): void
  /** How often each thing was asked. */
  asked(): ReadonlyMap<string, number>
  /** The answer as it arrives. @throws InfraError with the code of a line that is gone, or of one that is silent */
  answer(what: string, timeout: DurationMs, say: () => string): Promise<string>
}

/** @param codes what the way to this modem fails with: gone, silent */
export const modemBox = (
  clock: Clock,
  codes: { readonly gone: ErrorCode; readonly silent: ErrorCode },
): ModemBox => {
  let world = HEALTHY_MODEM
  let [hung, powered] = [false, true]
  let distortion: Distortion = 'whole'
  const asked = new Map<string, number>()
  return {
    world: () => world,
    change: (part) => void (world = { ...world, ...part }),
    setRadio: (radio) => {
      world = { ...world, radio: radio && { ...(world.radio ?? HEALTHY_RADIO), ...radio } }
    },
    setSim: (sim) => void (world = { ...world, sim }),
    setConnection: (connection) => void (world = { ...world, connection }),
    hang: (on) => void (hung = on),
    power: (on) => void (powered = on),
    setAnswers: (next) => void (distortion = next),
    asked: () => asked,
    async answer(what, timeout, say) {
      asked.set(what, (asked.get(what) ?? 0) + 1)
      if (!powered) throw new InfraError(codes.gone, 'nothing is there', { context: { unsent: true } })
      if (hung) {
        await sleep(clock, timeout)
        throw new InfraError(codes.silent, `no answer within ${timeout} ms`)
      }
      return distortText(say(), distortion, what)
    },
  }
}
