import { type Clock, elapsed, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys.ts'
import {
  bearerPage,
  hears,
  listPage,
  locationPage,
  type MmMemory,
  modemPage,
  modemPath,
  signalPage,
} from './mmcli-pages.ts'
import { type ModemBox, modemBox } from './modem-box.ts'

export type SimulatedMmcli = Omit<ModemBox, 'answer'> & {
  readonly exec: Sys['exec']
  /** It was away, and has the next number. */
  replug(): void
  /** Polkit lets us look, and do nothing. */
  forbid(on: boolean): void
  /** Somebody has set thresholds: old values are not forgotten. */
  setThresholds(on: boolean): void
  /** The PIN that unlocks the SIM; wrong ones cost a try. */
  setPin(pin: string, tries: number): void
  /** What was sent: mmcli's words for each message. */
  sent(): readonly string[]
}

type Inside = { -readonly [K in keyof Omit<MmMemory, 'world'>]: MmMemory[K] } & { pin: string }

const QUALITY_EVERY = seconds(30)

/**
 * mmcli beside a ModemManager with one LTE modem that does not report a lost signal. As the real one it polls the quality every 30 s,
 * keeps the last good radio values when the modem has none, forgets them when polling is switched off, and measures at once when it is switched on.
 */
export const simulatedMmcli = ({ clock }: { readonly clock: Clock }): SimulatedMmcli => {
  const box = modemBox(clock, { gone: 'exec-failed', silent: 'exec-timeout' })
  const inside: Inside = {
    number: 0,
    pinTries: 3,
    qualityPercent: 54,
    radio: null,
    rateSeconds: 0,
    hasThresholds: false,
    pin: '1234',
  }
  const sent: string[] = []
  let forbidden = false
  let polledAt = clock.now().mono

  const memory = (): MmMemory => {
    if (elapsed(polledAt, clock.now().mono) >= QUALITY_EVERY) {
      polledAt = clock.now().mono
      inside.qualityPercent = hears(box.world()) ? 54 : 0
    }
    return { ...inside, world: box.world() }
  }
  const setUp = (rateSeconds: number): string => {
    inside.rateSeconds = rateSeconds
    if (rateSeconds === 0 && !inside.hasThresholds) inside.radio = null
    if (rateSeconds > 0 && hears(box.world())) inside.radio = box.world().radio
    return 'Successfully setup signal quality information polling\n'
  }
  const tryPin = (pin: string): string => {
    if (pin === inside.pin) {
      box.setSim('ready')
      inside.pinTries = 3
      return 'successfully sent PIN code to the SIM\n'
    }
    inside.pinTries--
    throw refusal(
      "couldn't send PIN code to the SIM",
      'MobileEquipment.IncorrectPassword: Incorrect password',
    )
  }
  const change = (option: string): string => {
    if (forbidden) throw refusal("couldn't do it", 'Core.Unauthorized: PolicyKit authorization failed')
    const [name = '', value = ''] = halves(option)
    switch (name) {
      case '--signal-setup':
        return setUp(Number(value))
      case '--pin':
        return tryPin(value)
      case '--connect':
        box.setConnection('connected')
        return 'successfully connected the bearer\n'
      case '--simple-disconnect':
        box.setConnection('disconnected')
        return 'successfully disconnected all bearers in the modem\n'
      case '--messaging-create-sms':
        sent.push(value)
        return 'Successfully created new SMS: /org/freedesktop/ModemManager1/SMS/0\n'
      default:
        return 'successfully done\n'
    }
  }
  const answer = ([kind = '', which = '', option = '-J']: readonly string[]): string => {
    const now = memory()
    if (kind === '-L') return listPage(now)
    if (kind === '-m' && !NAMES.test(which) && which !== modemPath(now)) throw failure("couldn't find modem")
    if (option === '--signal-get') return signalPage(now)
    if (option === '--location-get') return locationPage(now)
    if (option !== '-J') return change(option)
    return kind === '-b' ? bearerPage(now) : modemPage(now)
  }
  return {
    ...box,
    exec: (program, args, timeout = seconds(10)) => {
      if (program !== 'mmcli') throw failure(`${program} is not installed`)
      return box.answer(args.join(' '), timeout, () => answer(args))
    },
    replug: () => void Object.assign(inside, { number: inside.number + 1, radio: null, rateSeconds: 0 }),
    forbid: (on) => void (forbidden = on),
    setThresholds: (on) => void (inside.hasThresholds = on),
    setPin: (pin, tries) => void Object.assign(inside, { pin, pinTries: tries }),
    sent: () => sent,
  }
}

const NAMES = /^(any|\/sys\/devices\/platform\/usb1\/1-1)$/

const halves = (option: string): string[] => {
  const at = option.indexOf('=')
  return at < 0 ? [option] : [option.slice(0, at), option.slice(at + 1)]
}

const failure = (why: string): InfraError => new InfraError('exec-failed', `mmcli failed (1): error: ${why}`)

const refusal = (what: string, why: string): InfraError =>
  failure(`${what}: 'GDBus.Error:org.freedesktop.ModemManager1.Error.${why}'`)
