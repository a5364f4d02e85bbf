import type { WallMs } from '@infra-home/shared/clock.ts'

/** While it lasts, alerts that match are kept and shown but not told. A null field matches everything. */
export type Silence = {
  readonly id: string
  readonly code: string | null
  readonly node: string | null
  readonly reason: string
  readonly by: string
  readonly from: WallMs
  readonly until: WallMs
}

export const silences = (silence: Silence, alert: { code: string; node: string }, now: WallMs): boolean =>
  silence.from <= now &&
  now < silence.until &&
  (silence.code === null || silence.code === alert.code) &&
  (silence.node === null || silence.node === alert.node)
