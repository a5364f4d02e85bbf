import { type CancelTimer, type Clock, every, hours, minutes, type WallMs } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { type Life, renewalDue } from './renewal-due.ts'

const LOOK_EVERY = minutes(1)
const FIRST_WAIT = minutes(1)
const LONGEST_WAIT = hours(6)
/** A broker that is restarted is back by then. */
const KEPT_OUT_AFTER = minutes(2)

/** What an agent can do about its certificate. */
export type CertificateMeans = {
  readonly life: () => Life
  /** Has it renewed; the next connection shows the new one. */
  readonly renew: () => Promise<unknown>
}

export type CertificateKeeper = {
  /** The coordinator has said what time it is. */
  heardTime(wall: WallMs): void
  connected(): void
  /** There is no connection any more, or again not. */
  lost(reason: string): void
  stop: CancelTimer
}

/** Renews the certificate in time, or when it may be why nobody lets us in; after a failure with growing waits. */
export const keepCertificate = (
  { life, renew }: CertificateMeans,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): CertificateKeeper => {
  let ahead: number | null = null
  let out: { readonly since: number; readonly reason: string } | null = null
  let busy = false
  let failures = 0
  let notBefore = -Infinity

  const keptOut = (mono: number): string | null =>
    out !== null && mono - out.since >= KEPT_OUT_AFTER ? out.reason : null

  const attempt = async (reason: string): Promise<void> => {
    busy = true
    try {
      await renew()
      failures = 0
      notBefore = clock.now().mono + LONGEST_WAIT
      log('info', 'the certificate was renewed', { reason })
    } catch (error) {
      const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, failures++))
      notBefore = clock.now().mono + wait
      log('warn', 'the certificate could not be renewed', {
        reason,
        error: describeError(error),
        retryInMs: wait,
      })
    } finally {
      busy = false
    }
  }

  const look = (): void => {
    const { wall, mono } = clock.now()
    if (busy || mono < notBefore) return
    const coordinator = ahead === null ? null : ((mono + ahead) as WallMs)
    const reason = renewalDue(life(), { coordinator, own: wall, keptOut: keptOut(mono) })
    if (reason) void attempt(reason)
  }

  return {
    heardTime(wall) {
      ahead = wall - clock.now().mono
    },
    connected() {
      out = null
    },
    lost(reason) {
      out = { since: out?.since ?? clock.now().mono, reason }
    },
    stop: every(clock, LOOK_EVERY, look),
  }
}
