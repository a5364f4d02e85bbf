import { type CancelTimer, type Clock, rfc3339, seconds, wallMs } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Refusal } from '@infra-home/shared/messages/res.ts'
import { TetherOrder, type TetherState } from '@infra-home/shared/messages/tether.ts'
import { checker } from '@infra-home/shared/problem.ts'
import { type PhoneFault, phoneFault, type PhoneHealth } from '@infra-home/shared/wan/choice.ts'
import type { Reading } from '../collectors/collector.ts'
import type { Publisher } from '../publisher.ts'
import type { Sys } from '../sys/sys.ts'
import { turnstile } from '../turnstile.ts'
import { briefly } from '../briefly.ts'
import { healthIn } from './health-in.ts'

export type Tether = {
  /** Lends the phone's network, or puts it away. Null when it is done. */
  order(command: string, args: Readonly<Record<string, unknown>>): Promise<Refusal | null>
  /** Whether others may go by it now; true too until it was put away for the first time. */
  isLent(): boolean
  /** What was seen of the battery. */
  saw(readings: readonly Reading[]): void
  /** Puts it away. */
  stop(): Promise<void>
}

/** Of a device that lends nothing. */
export const NO_TETHER: Tether = {
  order: async () => 'lacks-right',
  isLent: () => false,
  saw() {},
  async stop() {},
}

type Health = Pick<PhoneHealth, 'batteryPercent' | 'temperatureC' | 'charging'>
type Why = Pick<TetherState, 'reason' | 'command'>

const LIMIT = seconds(30)
/** A phone past its limits goes on for so long: whoever sends traffic over it hears of it first, and moves. */
const GRACE = seconds(20)
/** What could not be turned off is tried again. */
const AGAIN = seconds(30)
const UNKNOWN: Health = { batteryPercent: null, temperatureC: null, charging: null }

const check = checker(TetherOrder)
const isOrder = (args: object): args is TetherOrder => check(args).length === 0

/**
 * A phone's network, lent on demand. It is put away when its time ends, or when the phone passes its limits, whatever has become of whoever wanted
 * it: a battery is not to be emptied for nobody. What a process before this one left on is nobody's either. How it is turned on differs from
 * phone to phone, so its owner writes that down.
 */
export const openTether = ({
  clock,
  sys,
  publisher,
  log,
}: {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  readonly publisher: Pick<Publisher, 'states'>
  readonly log: Log
}): Tether => {
  const inTurn = turnstile()
  let isOn = true // until it was turned off once, nobody knows
  let limits: TetherOrder | null = null
  let health = UNKNOWN
  let end: CancelTimer = () => {}
  let grace: CancelTimer | null = null

  const fault = (): PhoneFault | null => limits && phoneFault({ ...health, ...limits })
  const tell = (why: Why, more: Pick<TetherState, 'until' | 'error'>): void => {
    const body: TetherState = { on: isOn, ...why, ...more }
    publisher.states({ states: [{ kind: 'tether', id: 'own', body }], numbers: {}, whole: [] })
  }
  const run = async (word: 'on' | 'off'): Promise<string | null> => {
    const error = await sys.exec('tether', [word], LIMIT).then(() => null, briefly)
    if (error !== null) log('warn', `could not turn tethering ${word}`, { error })
    else isOn = word === 'on'
    return error
  }
  const settle = (): void => {
    end()
    grace?.()
    grace = null
  }
  const off = async (why: Why, failure: string | null = null): Promise<boolean> => {
    settle()
    const error = isOn ? await run('off') : null
    if (error !== null) end = clock.after(AGAIN, () => void inTurn(() => off(why, failure)))
    tell(why, { until: null, error: error ?? failure })
    return error === null
  }
  const on = async (command: string, { forSeconds, afresh }: TetherOrder): Promise<boolean> => {
    const passed = fault()
    if (passed) {
      await off({ reason: passed, command })
      return false
    }
    if (afresh) await off({ reason: 'ordered', command })
    settle()
    const error = isOn ? null : await run('on')
    if (error !== null) {
      isOn = true // by halves, for all that is known
      await off({ reason: 'failed', command }, error)
      return false
    }
    const lasts = seconds(forSeconds)
    end = clock.after(lasts, () => void inTurn(() => off({ reason: 'time-over', command: null })))
    tell({ reason: 'ordered', command }, { until: rfc3339(wallMs(clock.now().wall + lasts)), error: null })
    return true
  }
  const protect = (): void => {
    if (!isOn || fault() === null) {
      grace?.()
      grace = null
      return
    }
    grace ??= clock.after(GRACE, () => {
      grace = null
      const reason = fault()
      if (reason) void inTurn(() => off({ reason, command: null }))
    })
  }
  const begun = inTurn(() => off({ reason: 'started', command: null }))

  return {
    async order(command, args) {
      if (!isOrder(args)) return 'malformed'
      limits = args
      const done = await inTurn(() =>
        args.forSeconds > 0 ? on(command, args) : off({ reason: 'ordered', command }),
      )
      return done ? null : 'failed'
    },
    isLent: () => isOn,
    saw(readings) {
      health = healthIn(readings) ?? health
      protect()
    },
    async stop() {
      await begun
      await inTurn(() => off({ reason: 'stopped', command: null }))
      settle()
    },
  }
}
