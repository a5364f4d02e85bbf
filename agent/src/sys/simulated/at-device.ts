import { type Clock, type DurationMs, later, type MonoMs, seconds, sleep } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { turnstile } from '../../turnstile.ts'
import { serialLines } from '../serial-lines.ts'
import { lineOf, type OpenSerial, type SerialLine } from '../serial.ts'
import { atCore } from './at-core.ts'
import { joinSms } from './at-sms.ts'
import { type AtCard, type AtDialect, freshState, type SentSms } from './at-state.ts'
import { type AtTalker, atTalker } from './at-talker.ts'
import { type ModemBox, modemBox } from './modem-box.ts'

export type SimulatedAtOptions = {
  readonly clock: Clock
  readonly dialect?: AtDialect
  readonly sinr?: 'db' | 'x0.2-20'
  /** Whether it repeats what it is told; true unless given, and until ATE0. */
  readonly echo?: boolean
  /** Lines that it says of itself. */
  readonly unsolicited?: readonly string[]
  readonly pin?: string
}

export type SimulatedAt = Omit<ModemBox, 'answer'> & {
  /** The way to it, at any device. */
  readonly serial: OpenSerial
  /** The end of a wire that somebody else lays; what `hang`, `power`, `setAnswers` and a reboot do is not felt there. */
  readonly talker: AtTalker
  setBusy(busy: boolean): void
  readonly card: AtCard
  /** Messages that went out whole. */
  sent(): readonly SentSms[]
  /** Its port is gone for `portAfter`, its radio until `radioAfter`, both counted from now. */
  reboot(times?: { readonly portAfter: DurationMs; readonly radioAfter: DurationMs }): void
}

const USUAL_REBOOT = { portAfter: seconds(8), radioAfter: seconds(38) }

/** A modem at a serial line; time is its clock's. */
export const simulatedAt = (options: SimulatedAtOptions): SimulatedAt => {
  const { clock, echo = true, unsolicited } = options
  const { answer, ...box } = modemBox(clock, { gone: 'serial-failed', silent: 'serial-timeout' })
  const card: AtCard = { pin: options.pin ?? '1234', pinTries: 3, pukTries: 10 }
  const state = freshState(echo)
  const pdus: string[] = []
  let busy = false
  let booted: { portAt: MonoMs; radioAt: MonoMs } | null = null
  const isBefore = (at: MonoMs | undefined): boolean => at !== undefined && clock.now().mono < at
  const reboot = (times = USUAL_REBOOT): void => {
    const { mono } = clock.now()
    Object.assign(state, freshState(echo))
    booted = { portAt: later(mono, times.portAfter), radioAt: later(mono, times.radioAfter) }
  }
  const core = atCore({
    dialect: options.dialect ?? 'generic',
    sinr: options.sinr ?? 'db',
    world: () => (isBefore(booted?.radioAt) ? { ...box.world(), radio: null } : box.world()),
    change: box.change,
    isBusy: () => busy,
    state,
    card,
    send: (pdu) => void pdus.push(pdu),
    restart: () => reboot(),
  })
  const talker = atTalker({ core, echoes: () => state.echo, ...(unsolicited && { unsolicited }) })
  const ask: SerialLine['ask'] = async (command, timeout, isLast) => {
    if (isBefore(booted?.portAt)) throw new InfraError('serial-failed', 'no such device')
    const text = await answer(command, timeout, () => talker.hear(lineOf(command)))
    const lines = serialLines(isLast).take(text)
    if (lines) return lines
    await sleep(clock, timeout)
    throw new InfraError('serial-timeout', `no answer within ${timeout} ms`)
  }
  const inTurn = turnstile()
  return {
    ...box,
    serial: () => ({ ask: (...question) => inTurn(() => ask(...question)), close() {} }),
    talker,
    setBusy: (on) => void (busy = on),
    card,
    sent: () => joinSms(pdus),
    reboot,
  }
}
