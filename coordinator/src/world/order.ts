import { isDeepStrictEqual } from 'node:util'
import type { BirthMessage } from '@infra-home/shared/messages/birth.ts'
import type { NodeMessage } from '@infra-home/shared/messages/decode.ts'
import { hasSeq } from '@infra-home/shared/seq-set.ts'
import { bornIn, isAfter, type NodeWorld } from './node.ts'

type Said = Exclude<NodeMessage, { kind: 'backlog' }>

/**
 * Why a message brings nothing new, or null when it does. A state that this world does not have is news even when its
 * number was settled long ago: the coordinator may have lost its memory, the node has not.
 */
export const staleness = (node: NodeWorld, said: Said): 'duplicate' | 'old-session' | null => {
  const { message } = said
  if (message.seq === null) return unnumberedStaleness(node, said)
  const seen = node.received[message.session]
  if (!seen && isClosed(node, said)) return 'old-session'
  const known = seen !== undefined && hasSeq(seen, message.seq)
  if (!known) return null
  if (said.kind !== 'state' || message.session < node.session) return 'duplicate'
  const key = `${said.state}/${said.id}` as const
  const order = { session: message.session, seq: message.seq }
  const newest = node.states[key] ?? node.gone[key]
  return newest && !isAfter(order, newest) ? 'duplicate' : null
}

/** A broker keeps the states of things that went while their node was off; its session is settled, or the birth would owe it. */
const isClosed = (node: NodeWorld, { kind, message }: Said): boolean =>
  kind === 'state' && node.birth !== null && message.session < node.session

const unnumberedStaleness = (node: NodeWorld, said: Said): 'duplicate' | 'old-session' | null => {
  const { message } = said
  if (message.session < node.session) return 'old-session'
  if (said.kind === '$birth') {
    const after = message.session > node.session ? 1 : message.sentMono - node.unnumbered.birth
    return after > 0 || (after === 0 && isOther(node, said.message)) ? null : 'duplicate'
  }
  if (said.kind !== '$state') return null
  if (message.session > node.session) return null
  if (said.message.connection < node.connection) return 'duplicate'
  if (said.message.state === 'lost') return node.said === 'lost' ? 'duplicate' : null
  return said.message.connection > node.connection || message.sentMono > node.unnumbered.state
    ? null
    : 'duplicate'
}

/** Whoever learns something the moment after a birth says another in the same millisecond. */
const isOther = ({ birth }: NodeWorld, message: BirthMessage): boolean =>
  !isDeepStrictEqual(birth, bornIn(message))
