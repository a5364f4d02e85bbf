import { type Clock, type DurationMs, later, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { HttpAnswer, HttpClient } from '../sys.ts'
import { modemBox, type ModemBox } from './modem-box.ts'
import { type SimulatedZteAccount, zteAccount } from './zte-account.ts'
import { zteCard, type ZteCard } from './zte-card.ts'
import type { ZteNetwork } from './zte-fields.ts'
import { MF79U, type ZteFirmware } from './zte-firmware.ts'
import { zteAnswerOf, type ZteInside, zteSubject } from './zte-routes.ts'

export type SimulatedZteOptions = {
  readonly clock: Clock
  readonly firmware?: ZteFirmware
  /** None: nothing needs a login. */
  readonly account?: SimulatedZteAccount
}

export type SimulatedZte = Omit<ModemBox, 'answer' | 'world'> & {
  /** Answers as the device would; rejects with http-failed or http-timeout when it would not answer. */
  readonly handle: HttpClient
  readonly card: ZteCard
  setBusy(busy: boolean): void
  setNetwork(network: ZteNetwork): void
  /** Another firmware from now on, as after an update. */
  setFirmware(firmware: ZteFirmware): void
  expireSessions(): void
  /** Gone for `apiAfter`, without radio until `radioAfter`, both counted from now. */
  reboot(times?: { readonly apiAfter: DurationMs; readonly radioAfter: DurationMs }): void
  logins(): { readonly tries: number; readonly logins: number }
}

const USUAL_REBOOT = { apiAfter: seconds(20), radioAfter: seconds(50) }

/** A ZTE device with the goform API, one session and a SIM; time is its clock's. */
export const simulatedZte = (options: SimulatedZteOptions): SimulatedZte => {
  const { clock } = options
  const { answer, world, ...box } = modemBox(clock, { gone: 'http-failed', silent: 'http-timeout' })
  let firmware = options.firmware ?? MF79U
  let network: ZteNetwork = 'LTE'
  let busy = false
  let booted: { readonly apiAt: MonoMs; readonly radioAt: MonoMs } | null = null
  const account = zteAccount(clock, () => firmware, options.account ?? null)
  const card = zteCard({ world, setSim: box.setSim })
  const reboot = (times = USUAL_REBOOT): void => {
    const { mono } = clock.now()
    account.logout()
    booted = { apiAt: later(mono, times.apiAfter), radioAt: later(mono, times.radioAfter) }
  }
  const inside: ZteInside = {
    account,
    card,
    firmware: () => firmware,
    world: () => (booted && clock.now().mono < booted.radioAt ? { ...world(), radio: null } : world()),
    network: () => network,
    isBusy: () => busy,
    restart: () => reboot(),
    switchData: (on) => box.setConnection(on ? 'connected' : 'disconnected'),
  }
  return {
    ...box,
    card,
    async handle(request) {
      if (booted && clock.now().mono < booted.apiAt)
        throw new InfraError('http-failed', 'connection refused', { context: { unsent: true } })
      let whole: HttpAnswer = { status: 200, headers: {}, body: '' }
      const body = await answer(zteSubject(request), request.timeout, () => {
        whole = zteAnswerOf(inside, request)
        return whole.body
      })
      return { ...whole, body }
    },
    setBusy: (on) => void (busy = on),
    setNetwork: (next) => void (network = next),
    setFirmware: (next) => void (firmware = next),
    expireSessions: account.logout,
    reboot,
    logins: account.counts,
  }
}
