import type { WallMs } from '@infra-home/shared/clock.ts'

export type Life = { readonly issuedAt: WallMs; readonly notAfter: WallMs }

/** Why a certificate is to be renewed now. */
export type RenewalReason = 'two-thirds' | 'expired' | 'refused' | 'clock-unset'

/**
 * Whether a certificate is to be renewed; null when not. While connected, the coordinator's time decides. Whoever has not been let in
 * for a while asks when it may have expired: when our clock says so, when it cannot be right, or when the other side spoke of a
 * certificate. Pure.
 * @param coordinator what time the coordinator has said it is; null when it has not
 */
export const renewalDue = (
  { issuedAt, notAfter }: Life,
  now: {
    readonly coordinator: WallMs | null
    readonly own: WallMs
    /** Why the last connection ended; null while there is one, or it did not end long enough ago. */
    readonly keptOut: string | null
  },
): RenewalReason | null => {
  const twoThirds = issuedAt + ((notAfter - issuedAt) * 2) / 3
  if (now.coordinator !== null && now.coordinator >= twoThirds) return 'two-thirds'
  if (now.keptOut === null) return null
  if (/certificate/i.test(now.keptOut)) return 'refused'
  if (now.own >= notAfter) return 'expired'
  return now.own < issuedAt ? 'clock-unset' : null
}
