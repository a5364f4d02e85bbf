import { type Clock, type DurationMs, later, type MonoMs, seconds, sleep } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { ReceivedMessage, ShortMessage } from '../../modems/modem.ts'
import type { HttpClient } from '../sys.ts'
import { hilinkAccount, type SimulatedAccount } from './hilink-account.ts'
import { type Distortion, distort, shuffled } from './distortion.ts'
import { answerOf, type HilinkFirmware, type HilinkInside } from './hilink-routes.ts'
import { hilinkKey } from './hilink-key.ts'
import { hilinkSim } from './hilink-sim.ts'
import { hilinkSms } from './hilink-sms.ts'
import {
  hasService,
  HEALTHY_MODEM,
  HEALTHY_RADIO,
  type SimulatedConnection,
  type SimulatedRadio,
  type SimulatedSim,
  type SimulatedTraffic,
} from './modem-world.ts'
import { hilinkSessions } from './hilink-sessions.ts'

export type SimulatedHilinkOptions = {
  readonly clock: Clock
  readonly firmware?: HilinkFirmware
  /** None: nothing needs a login. */
  readonly account?: SimulatedAccount
  readonly mostSessions?: number
  /** Of its SIM card; 1234 unless told. */
  readonly pin?: string
}

export type SimulatedHilink = {
  /** Answers as the device would; rejects with http-failed or http-timeout when it would not answer. */
  readonly handle: HttpClient
  setRadio(radio: Partial<SimulatedRadio> | null): void
  setSim(sim: SimulatedSim): void
  setConnection(connection: SimulatedConnection): void
  setRoaming(roaming: boolean): void
  setTraffic(traffic: SimulatedTraffic): void
  /** null: this firmware counts no months. */
  setMonth(month: SimulatedTraffic | null): void
  setBusy(busy: boolean): void
  /** Whether the network takes short messages. */
  setSmsTaken(taken: boolean): void
  receiveSms(message: ReceivedMessage): void
  /** Takes requests and never answers them. */
  hang(on: boolean): void
  /** Off: every connection is refused. */
  power(on: boolean): void
  /** What is done to every answer of the API on its way out. */
  setAnswers(distortion: Distortion): void
  /** Gives every document another order of elements; the same seed, the same orders. */
  shuffleXmlOrder(seed: number | null): void
  expireSessions(): void
  /** Gone for `apiAfter`, without radio until `radioAfter`, both counted from now. */
  reboot(times?: { readonly apiAfter: DurationMs; readonly radioAfter: DurationMs }): void
  /** Whether anything passes through it. */
  isOnline(): boolean
  asked(): {
    readonly paths: readonly string[]
    readonly tries: number
    readonly logins: number
    readonly sessions: number
    readonly sentSms: readonly ShortMessage[]
    readonly pins: { readonly given: number; readonly left: number }
  }
}

const USUAL_REBOOT = { apiAfter: seconds(20), radioAfter: seconds(45) }

/** A Huawei HiLink device that keeps real sessions and single-use tokens; time is its clock's. */
export const simulatedHilink = (options: SimulatedHilinkOptions): SimulatedHilink => {
  const { clock } = options
  const sessions = hilinkSessions(clock, options.mostSessions ?? 4)
  const account = hilinkAccount(clock, sessions, options.account ?? null)
  const sim = hilinkSim(options.pin ?? '1234')
  let smsTaken = true
  const sms = hilinkSms(() => smsTaken && hasService(device.world()))
  const paths: string[] = []
  let world = HEALTHY_MODEM
  let [busy, hung, powered] = [false, false, true]
  let distortion: Distortion = 'whole'
  let seed: number | null = null
  let booted: { apiAt: MonoMs; radioAt: MonoMs } | null = null
  const reboot = (times = USUAL_REBOOT): void => {
    const { mono } = clock.now()
    sessions.clear()
    booted = { apiAt: later(mono, times.apiAfter), radioAt: later(mono, times.radioAfter) }
  }
  const device: HilinkInside = {
    firmware: options.firmware ?? { tokens: 'ses-tok-info', rotation: 'single' },
    sessions,
    account,
    sim,
    sms,
    key: hilinkKey(),
    world: () => (booted && clock.now().mono < booted.radioAt ? { ...world, radio: null } : world),
    isBusy: () => busy,
    order: (elements) => (seed === null ? elements : shuffled(elements, seed++)),
    restart: () => reboot(),
    unlock: () => void (world = { ...world, sim: 'ready' }),
    switchData: (on) => void (world = { ...world, connection: on ? 'connected' : 'disconnected' }),
  }
  return {
    async handle(request) {
      const path = new URL(request.url).pathname
      if (paths.push(path) > 10_000) paths.shift()
      if (!powered || (booted && clock.now().mono < booted.apiAt))
        throw new InfraError('http-failed', 'connection refused', { context: { unsent: true } })
      if (hung) {
        await sleep(clock, request.timeout)
        throw new InfraError('http-timeout', `no answer within ${request.timeout} ms`)
      }
      return distort(answerOf(device, { path, request }), distortion, path)
    },
    setRadio: (radio) => {
      world = { ...world, radio: radio && { ...(world.radio ?? HEALTHY_RADIO), ...radio } }
    },
    setSim: (sim) => void (world = { ...world, sim }),
    setConnection: (connection) => void (world = { ...world, connection }),
    setRoaming: (roaming) => void (world = { ...world, roaming }),
    setTraffic: (traffic) => void (world = { ...world, traffic }),
    setMonth: (month) => void (world = { ...world, month }),
    setSmsTaken: (taken) => void (smsTaken = taken),
    receiveSms: sms.receive,
    setBusy: (on) => void (busy = on),
    hang: (on) => void (hung = on),
    power: (on) => void (powered = on),
    setAnswers: (next) => void (distortion = next),
    shuffleXmlOrder: (next) => void (seed = next),
    expireSessions: () => sessions.clear(),
    reboot,
    isOnline: () => powered && !hung && device.world().radio !== null && world.connection === 'connected',
    asked: () => ({
      paths: [...paths],
      ...account.counts(),
      sessions: sessions.count(),
      sentSms: sms.sent(),
      pins: sim.counts(),
    }),
  }
}
