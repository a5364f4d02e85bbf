import type { OwedSession } from '@infra-home/shared/messages/birth.ts'
import { addRange, addSeq, EMPTY_SEQ_SET, type SeqSet } from '@infra-home/shared/seq-set.ts'
import type { Entry } from './input.ts'

/** Which numbers of a node's messages are here, by session. */
export type Received = Record<number, SeqSet>

export type ReceivedRange = { readonly session: number; readonly from: number; readonly to: number }

/** Adds a range in place and returns its session's set. */
export const addReceived = (received: Received, { session, from, to }: ReceivedRange): SeqSet => {
  const old = received[session] ?? EMPTY_SEQ_SET
  const set = from === to ? addSeq(old, from) : addRange(old, from, to)
  received[session] = set
  return set
}

/** What is here, after the node has said what it still owes: the rest is settled; but the session that speaks is kept. */
export const settledBy = (received: Received, birth: Settlement): Received => {
  const current = received[birth.session]
  return Object.fromEntries([
    ...(current ? [[birth.session, current]] : []),
    ...birth.owed.map(({ session, from }) => [
      session,
      addRange(received[session] ?? EMPTY_SEQ_SET, 1, from - 1),
    ]),
  ])
}

type Settlement = { readonly session: number; readonly owed: readonly OwedSession[] }

/** Takes into `received` what `entry` brought: a message's own number, a gap's, a birth's settlement. */
export const receiveEntry = (received: Received, entry: Entry): Received => {
  if (entry.kind === 'numbers') addNumber(received, entry.body.message)
  if (entry.kind !== 'message') return received
  const { said } = entry.body
  addNumber(received, said.message)
  if (said.kind === 'event' && said.event === 'gap') addReceived(received, said.message.body as ReceivedRange)
  return said.kind === '$birth' ? settledBy(received, said.message) : received
}

const addNumber = (received: Received, { session, seq }: { session: number; seq: number | null }): void => {
  if (seq !== null) addReceived(received, { session, from: seq, to: seq })
}
