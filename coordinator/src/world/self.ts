import type { Instant, MonoMs, WallMs } from '@infra-home/shared/clock.ts'

/** What a coordinator depends on, and looks after itself. */
export const SELF_PARTS = ['journal', 'broker', 'dead-man', 'channels', 'rules', 'certificates'] as const
export type SelfPart = (typeof SELF_PARTS)[number]

/** How one of them is, as it was found out last. */
export type SelfFact = {
  readonly ok: boolean
  /** What is wrong, in a sentence; null when nothing is. */
  readonly detail: string | null
  readonly since: WallMs
  readonly sinceMono: MonoMs
  /** The entry that says it. */
  readonly by: string
}

export type SelfWorld = {
  readonly parts: Partial<Record<SelfPart, SelfFact>>
  /** The newest backup: when it was made, null when there is none; and the entry that says it. Null before anybody looked. */
  readonly backup: { readonly at: WallMs | null; readonly by: string; readonly seen: Instant } | null
}

export const NO_SELF: SelfWorld = { parts: {}, backup: null }
