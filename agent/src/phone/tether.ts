import { type CancelTimer, type Clock, later, rfc3339, seconds, wallMs } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Refusal } from '@infra-home/shared/messages/res.ts'
import type { Publisher } from '../publisher.ts'
import type { Sys } from '../sys/sys.ts'
import { turnstile } from '../turnstile.ts'

export type Tether = {
  /** Lends the phone's network for `forSeconds`, or puts it away at once with 0. Null when it is done. */
  order(args: Readonly<Record<string, unknown>>): Promise<Refusal | null>
  /** Puts it away. */
  stop(): Promise<void>
}

const LONGEST_SECONDS = 3600
const LIMIT = seconds(30)

/**
 * A phone's network, lent on demand. It is put away when its time ends, whatever has become of whoever wanted it: a battery is not to be emptied
 * for nobody. What turns it on differs from phone to phone, so its owner writes it down.
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
  let isOn = false
  let cancel: CancelTimer = () => {}

  const tell = (forSeconds: number, error: string | null): void =>
    publisher.states({
      states: [
        {
          kind: 'tether',
          id: 'own',
          body: { on: isOn, until: isOn ? rfc3339(wallMs(clock.now().wall + forSeconds * 1000)) : null, error },
        },
      ],
      numbers: {},
      whole: ['tether'],
    })
  const turn = async (on: boolean, forSeconds: number): Promise<boolean> => {
    cancel()
    cancel = () => {}
    try {
      if (on !== isOn) await sys.exec('tether', [on ? 'on' : 'off'], LIMIT)
      isOn = on
      if (on) cancel = clock.after(seconds(forSeconds), () => void inTurn(() => turn(false, 0)))
      tell(forSeconds, null)
      return true
    } catch (error) {
      const why = describeError(error).slice(0, 256)
      log('warn', `could not turn tethering ${on ? 'on' : 'off'}`, { why })
      tell(forSeconds, why)
      return false
    }
  }
  /** What a process before this one left on is nobody's any more. */
  const begun = inTurn(async () => {
    isOn = true
    await turn(false, 0)
  })

  return {
    async order({ forSeconds }) {
      if (typeof forSeconds !== 'number' || !(forSeconds >= 0 && forSeconds <= LONGEST_SECONDS)) return 'malformed'
      return (await inTurn(() => turn(forSeconds > 0, forSeconds))) ? null : 'failed'
    },
    async stop() {
      await begun
      await inTurn(() => turn(false, 0))
    },
  }
}
