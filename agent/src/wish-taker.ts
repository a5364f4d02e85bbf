import { minutes } from '@infra-home/shared/clock.ts'
import type { Refusal } from '@infra-home/shared/messages/res.ts'
import type { WantMessage, WishKind } from '@infra-home/shared/messages/want.ts'
import type { Witness } from '@infra-home/shared/messages/witness.ts'
import { formatTopic } from '@infra-home/shared/topics.ts'
import { briefly } from './briefly.ts'
import type { ConversationOptions } from './conversation.ts'
import { sealEnvelope } from './envelope.ts'
import { takeWitness } from './witness.ts'

/** How often a disk that takes nothing is tried again. */
const TRY_AGAIN = minutes(1)

export type WishTaker = (kind: WishKind, wish: WantMessage) => Promise<void>

/** Keeps what the coordinator lastingly wants of this node, if it is its word and news, and says what it has. */
export const createWishTaker = (
  { identity, clock, disk, wishes, keys, approvers, wire, describe, onWish, log }: ConversationOptions,
  say: { refuse(kind: WishKind, reason: Refusal): void; sayBirth(): void },
): WishTaker => {
  const faultOf = async (kind: WishKind, wish: WantMessage): Promise<Refusal | null> => {
    const fault = kind === 'keys' ? await keys.follow(wish as WantMessage<'keys'>) : keys.faultOf(wish)
    if (fault) return fault
    if (wish.site !== identity.site || wish.node !== identity.node) return 'wrong-node'
    return kind === 'approvers' ? approvers.follow((wish as WantMessage<'approvers'>).body) : null
  }
  /** What is told beside the generation: the newest end of the journal that we knew before this one. */
  const seenBy = async (kind: WishKind, { body }: WantMessage): Promise<{ witness?: Witness | null }> =>
    kind === 'witness' && body ? { witness: await takeWitness(disk, body as Witness) } : {}

  /** What was said last of each kind, which alone is answered. */
  const newest = new Map<WishKind, WantMessage>()
  /** Whether it is to be answered: once a restart would not forget it, however long the disk is full, unless it was said anew meanwhile. */
  const isKept = async (kind: WishKind, wish: WantMessage): Promise<boolean> => {
    newest.set(kind, wish)
    for (let times = 0; newest.get(kind) === wish; times++)
      try {
        await wishes.kept()
        return newest.get(kind) === wish
      } catch (error) {
        if (times === 0) log('error', 'could not keep a wish', { wish: kind, error: briefly(error) })
        await new Promise<void>((resolve) => void clock.after(TRY_AGAIN, resolve))
      }
    return false
  }

  return async (kind, wish) => {
    const fault = await faultOf(kind, wish)
    if (fault) return say.refuse(kind, fault)
    const { cadenceMs } = describe()
    const age = wishes.take(kind, wish)
    if (age === 'older') return say.refuse(kind, age)
    if (age === 'newer') onWish(kind)
    if (describe().cadenceMs !== cadenceMs) say.sayBirth() // how long we may be silent has changed
    if (!(await isKept(kind, wish))) return
    const { epoch, generation } = wish
    const seen = await seenBy(kind, wish)
    const message = { ...sealEnvelope(identity, clock, null), epoch, generation, ...seen }
    const topic = formatTopic({ node: identity.node, kind: 'have', wish: kind })
    wire()?.publish(topic, JSON.stringify(message), { qos: 1, retain: true })
  }
}
