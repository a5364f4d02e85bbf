import { type DurationMs, minutes, type WallMs } from '@infra-home/shared/clock.ts'

export type Life = { readonly issuedAt: WallMs; readonly notAfter: WallMs }

/** Why a certificate is to be renewed now. */
export type RenewalReason = 'two-thirds' | 'refused' | 'expired' | 'clock-unset' | 'sent-away'

/** A broker that is restarted is back by then. */
const KEPT_OUT_LONG = minutes(2)

/**
 * Whether a certificate is to be renewed; null when not. While connected, the coordinator's time decides. Whoever is not let in asks at
 * once when the other side spoke of a certificate, or our clock says that it has expired; and after a while when our clock cannot be
 * right, or we are sent away without a word, as by a broker to whom it has expired while our clock is late. Pure.
 */
export const renewalDue = (
  { issuedAt, notAfter }: Life,
  now: {
    /** What time the coordinator has said it is; null when it has not. */
    readonly coordinator: WallMs | null
    readonly own: WallMs
    /** Why the last connection ended, and for how long there has been none; null while there is one. */
    readonly keptOut: { readonly reason: string; readonly forMs: DurationMs } | null
  },
): RenewalReason | null => {
  const { coordinator, own, keptOut } = now
  if (coordinator !== null && coordinator >= issuedAt + ((notAfter - issuedAt) * 2) / 3) return 'two-thirds'
  if (keptOut === null) return null
  if (isAboutOurs(keptOut.reason)) return 'refused'
  if (coordinator === null && own >= notAfter) return 'expired'
  if (keptOut.forMs < KEPT_OUT_LONG) return null
  if (coordinator === null && own < issuedAt) return 'clock-unset'
  return /hung up/.test(keptOut.reason) ? 'sent-away' : null
}

/** OpenSSL's words for what the other side did not like; ours for what we did not like are none. */
const isAboutOurs = (reason: string): boolean => /alert.*certificate/i.test(reason)
