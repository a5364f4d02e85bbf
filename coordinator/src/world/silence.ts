import type { WallMs } from '@infra-home/shared/clock.ts'
import type { World } from './world.ts'

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

const silences = (silence: Silence, alert: { code: string; node: string }, now: WallMs): boolean =>
  silence.from <= now &&
  now < silence.until &&
  (silence.code === null || silence.code === alert.code) &&
  (silence.node === null || silence.node === alert.node)

/** The silence that keeps an alert quiet now. */
export const silencing = (
  { silences: all }: Pick<World, 'silences'>,
  alert: { readonly code: string; readonly node: string },
  now: WallMs,
): Silence | null => Object.values(all).find((one) => silences(one, alert, now)) ?? null
