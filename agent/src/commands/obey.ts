import type { CmdMessage, Verb } from '@infra-home/shared/messages/cmd.ts'
import type { Refusal } from '@infra-home/shared/messages/res.ts'
import type { MonoMs } from '@infra-home/shared/clock.ts'
import type { Identity } from '../envelope.ts'

/** The newest command of each verb that was obeyed, as it was signed. */
export type ObeyedBook = { readonly [V in Verb]?: CmdMessage }

/** The newest command of all. Pure. */
export const newestIn = (book: ObeyedBook): CmdMessage | null =>
  Object.values(book).sort((a, b) => b.epoch - a.epoch || b.generation - a.generation)[0] ?? null

/** What is known of the coordinator's time: how far its epoch's milliseconds were ahead of our monotonic clock, and when. */
export type EpochClock = { readonly epoch: number; readonly aheadMs: number; readonly at: MonoMs }

/** Two crystals of up to 100 ppm each, as boards have them, part by no more than this. */
const DRIFT = 200e-6

/** How far ahead the coordinator's epoch is at the least: what was seen then, less what the clocks may have parted since. */
const aheadAt = ({ aheadMs, at }: EpochClock, now: MonoMs): number => aheadMs - (now - at) * DRIFT

/**
 * Takes in that a message sent `epochMs` into `epoch` has arrived `now`. A message can only be late, which makes the
 * epoch look younger than it is: so the largest difference seen is the truest, until the clocks have parted by more than that.
 */
export const learnEpoch = (
  known: EpochClock | null,
  heard: { readonly epoch: number; readonly epochMs: number },
  now: MonoMs,
): EpochClock => {
  const aheadMs = heard.epochMs - now
  if (!known || heard.epoch > known.epoch) return { epoch: heard.epoch, aheadMs, at: now }
  return heard.epoch === known.epoch && aheadMs > aheadAt(known, now) ? { ...known, aheadMs, at: now } : known
}

/**
 * Why a command is not obeyed, or null when it is. Pure. Before the coordinator's time is known, which it says at every connection,
 * no age can be judged: order and boot are all the same.
 */
export const refusalOf = (
  command: CmdMessage,
  on: {
    readonly identity: Identity
    readonly book: ObeyedBook
    readonly epochClock: EpochClock | null
    readonly now: MonoMs
  },
): Refusal | null => {
  const { identity, book, epochClock, now } = on
  if (command.site !== identity.site || command.node !== identity.node) return 'wrong-node'
  if (command.boot !== identity.boot) return 'wrong-boot'
  const newest = book[command.verb]
  if (newest && command.epoch < newest.epoch) return 'older'
  if (newest && command.epoch === newest.epoch && command.generation <= newest.generation) return 'replayed'
  if (epochClock && command.epoch < epochClock.epoch) return 'older'
  const expired = epochClock?.epoch === command.epoch && now + aheadAt(epochClock, now) > command.expiresAt
  return expired ? 'expired' : null
}
