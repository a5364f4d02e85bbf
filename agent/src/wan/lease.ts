import { later, milliseconds, type MonoMs } from '@infra-home/shared/clock.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import type { WanHolder } from '@infra-home/shared/messages/wan.ts'

/** In whose hands the uplinks are. */
export type Hands = {
  readonly holder: WanHolder
  /** Goes up when the agent takes over: what was leased or ordered before that counts no more. */
  readonly term: number
  /** Until when the coordinator decides; null while it does not. */
  readonly until: MonoMs | null
}

/** After a start nobody has leased anything. */
export const OWN_HANDS: Hands = { holder: 'agent', term: 1, until: null }

/** The hands after a lease: one of another session or term changes nothing. Pure. */
export const leased = (
  hands: Hands,
  lease: Pick<LeaseMessage, 'session' | 'term' | 'lastsMs'>,
  { session, now }: { readonly session: number; readonly now: MonoMs },
): Hands => {
  if (lease.session !== session || lease.term !== hands.term) return hands
  return { ...hands, holder: 'coordinator', until: later(now, milliseconds(lease.lastsMs)) }
}

/** The hands by now: when the lease is out, the agent's own, in a new term. Pure. */
export const handsAt = (hands: Hands, now: MonoMs): Hands =>
  hands.until === null || now < hands.until ? hands : takenBack(hands)

/** The agent's own hands, whatever was leased: in a new term, where it was. Pure. */
export const takenBack = (hands: Hands): Hands =>
  hands.until === null ? hands : { holder: 'agent', term: hands.term + 1, until: null }

/** Whether an order is one of the term that is: of two who would act, one is always too late. Pure. */
export const isOfTerm = (
  { holder, term }: Hands,
  order: { readonly session: unknown; readonly term: unknown },
  session: number,
): boolean => holder === 'coordinator' && order.session === session && order.term === term
