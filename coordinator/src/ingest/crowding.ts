import type { NodeMessage } from '@infra-home/shared/messages/decode.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import { hasSeq, type SeqSet } from '@infra-home/shared/seq-set.ts'
import type { NodeWorld } from '../world/node.ts'

/** What one node may make us remember; real ones stay far below. As many as a birth can name. */
const MOST_THINGS = 1024
const MOST_SESSIONS = 512
/** Each gap makes every later message a little dearer. */
const MOST_GAPS = 1024

export type Crowding = 'too-many-things' | 'too-many-sessions' | 'too-many-gaps'

/** Why a message is one that a node may not send because it sent so much else; null when it may. */
export const crowding = (
  node: NodeWorld,
  said: Exclude<NodeMessage, { kind: 'backlog' }>,
): Crowding | null => {
  const { session, seq } = said.message
  if (seq !== null) {
    const fault = numberCrowding(node, session, seq)
    if (fault) return fault
  }
  if (said.kind === 'event' && said.event === 'gap') {
    const gap = said.message.body as EventBody['gap']
    return numberCrowding(node, gap.session, gap.from)
  }
  if (said.kind === 'state') return thingCrowding(node, [`${said.state}/${said.id}`])
  return said.kind === 'tm' ? thingCrowding(node, Object.keys(said.message.numbers)) : null
}

const numberCrowding = ({ received }: NodeWorld, session: number, seq: number): Crowding | null => {
  const seen = received[session]
  if (!seen) return countOf(received) >= MOST_SESSIONS ? 'too-many-sessions' : null
  return seen.above.length >= MOST_GAPS && isApart(seen, seq) ? 'too-many-gaps' : null
}

/** True when nothing next to `seq` is there yet. */
const isApart = (seen: SeqSet, seq: number): boolean =>
  ![seq - 1, seq, seq + 1].some((one) => hasSeq(seen, one))

const thingCrowding = ({ states, gone, numbers }: NodeWorld, keys: readonly string[]): Crowding | null => {
  const isNew = keys.some((key) => ![states, gone, numbers].some((known) => Object.hasOwn(known, key)))
  if (!isNew) return null
  const count = countOf(states) + countOf(gone) + countOf(numbers)
  return count + keys.length > MOST_THINGS ? 'too-many-things' : null
}

const countOf = (things: object): number => {
  let count = 0
  for (const _ in things) count++
  return count
}
