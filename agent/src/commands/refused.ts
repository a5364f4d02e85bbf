import type { Refusal } from '@infra-home/shared/messages/res.ts'

/** Why a command was not done, and what more is known of it, for people. */
export type Refused = { readonly reason: Refusal; readonly detail: string }

/** Mostly the reason says all. */
export type Outcome = Refusal | Refused | null

/** As much as a message takes. */
const MOST_CHARACTERS = 256

/** The two parts of a refusal. Pure. */
export const partsOf = (refused: Refusal | Refused): { reason: Refusal; detail: string | null } =>
  typeof refused === 'string'
    ? { reason: refused, detail: null }
    : { ...refused, detail: refused.detail.slice(0, MOST_CHARACTERS) }
