import {
  type CancelTimer,
  type Clock,
  type DurationMs,
  elapsed,
  every,
  hours,
  minutes,
  type MonoMs,
  rfc3339,
  type WallMs,
  wallMs,
} from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { type CertificateState, LONGEST_ERROR } from '@infra-home/shared/messages/certificate.ts'
import { type Life, renewalDue, type RenewalReason } from './renewal-due.ts'

const LOOK_EVERY = minutes(1)
const FIRST_WAIT = minutes(1)
const LONGEST_WAIT = hours(6)

/** What an agent can do about its certificate. */
export type CertificateMeans = {
  /** @throws InfraError config-invalid */
  readonly life: () => Life
  /** Has it renewed; the next connection shows the new one. */
  readonly renew: () => Promise<unknown>
}

export type KeeperOptions = {
  readonly clock: Clock
  readonly log: Log
  /** Hears how the certificate fares, at once and after each try. */
  readonly tell: (state: CertificateState) => void
  /** There is a new one: a connection that is made now shows it. */
  readonly renewed: () => void
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
  { clock, log, tell, renewed }: KeeperOptions,
): CertificateKeeper => {
  let ahead: number | null = null
  let out: { readonly since: MonoMs; readonly reason: string } | null = null
  let busy = false
  let failures = 0
  let notBefore = -Infinity

  const say = (error: string | null): void => {
    const { issuedAt, notAfter } = life()
    tell({ issuedAt: rfc3339(issuedAt), notAfter: rfc3339(notAfter), error })
  }

  /** @returns how long to leave it at that */
  const succeeded = (reason: RenewalReason): DurationMs => {
    failures = 0
    log('info', 'the certificate was renewed', { reason })
    say(null)
    renewed()
    return LONGEST_WAIT
  }

  const failed = (reason: RenewalReason, error: string): DurationMs => {
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, failures++)) as DurationMs
    log('warn', 'the certificate could not be renewed', { reason, error, retryInMs: wait })
    say(error.slice(0, LONGEST_ERROR))
    return wait
  }

  const attempt = async (reason: RenewalReason): Promise<void> => {
    busy = true
    const error = await renew().then(() => null, describeError)
    const wait = error === null ? succeeded(reason) : failed(reason, error)
    notBefore = clock.now().mono + wait
    busy = false
  }

  const look = (): void => {
    const { wall, mono } = clock.now()
    if (busy || mono < notBefore) return
    const coordinator = ahead === null ? null : wallMs(mono + ahead)
    const keptOut = out && { reason: out.reason, forMs: elapsed(out.since, mono) }
    const reason = renewalDue(life(), { coordinator, own: wall, keptOut })
    if (reason) void attempt(reason)
  }

  say(null)
  return {
    heardTime(wall) {
      const isFirst = ahead === null
      ahead = wall - clock.now().mono
      if (isFirst) look()
    },
    connected() {
      out = null
    },
    lost(reason) {
      out = { since: out?.since ?? clock.now().mono, reason }
      look()
    },
    stop: every(clock, LOOK_EVERY, look),
  }
}
