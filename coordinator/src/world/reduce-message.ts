import { isDeepStrictEqual } from 'node:util'
import type { BirthMessage } from '@infra-home/shared/messages/birth.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { Envelope } from '@infra-home/shared/messages/envelope.ts'
import type { NodeStateMessage } from '@infra-home/shared/messages/node-state.ts'
import type { StateKey } from '@infra-home/shared/messages/states.ts'
import type { Numbers, TmMessage } from '@infra-home/shared/messages/tm.ts'
import type { MonoMs } from '@infra-home/shared/clock.ts'
import { monthBytesOf } from '@infra-home/shared/wan/quota.ts'
import { hearClock } from './clock-heard.ts'
import type { EntryBodies } from './input.ts'
import { bornIn, isAfter, type NodeWorld, type Seen } from './node.ts'
import { remember, type Watch } from './watch.ts'
import { addReceived, type ReceivedRange, settledBy } from './received.ts'

type At = {
  readonly id: string
  readonly now: { readonly wall: number; readonly mono: MonoMs }
  readonly seen: Seen
  /** It came from the node just now, and not from a broker's memory. */
  readonly live: boolean
  readonly watches: readonly Watch[]
}

/** Takes what a node said into its part of the world. */
export const reduceMessage = (node: NodeWorld, { said }: EntryBodies['message'], at: At): void => {
  switch (said.kind) {
    case '$state':
      return reduceNodeState(node, said.message, at)
    case '$birth':
      return reduceBirth(node, said.message, at)
    case 'state': {
      heard(node, said.message, at)
      const key: StateKey = `${said.state}/${said.id}`
      return reduceState(node, key, said.message, at)
    }
    case 'event': {
      heard(node, said.message, at)
      if (said.event !== 'gap') return
      return receive(node, said.message.body as EventBody['gap'], at)
    }
    case 'res':
    case 'have':
      return heard(node, said.message, at)
  }
}

/** Takes a batch of numbers in; what is older than what is known changes nothing but the count of what was received. */
export const reduceNumbers = (node: NodeWorld, message: TmMessage, at: At): void => {
  heard(node, message, at)
  if (isHistory(node, message)) return
  const { session } = message
  const seq = message.seq ?? 0
  for (const [name, values] of Object.entries(message.numbers)) {
    const key = name as StateKey
    const old = node.numbers[key]
    if (old && !isAfter({ session, seq }, old)) continue
    const merged = old ? mergeNumbers(old.values, values) : values
    node.numbers[key] = {
      values: merged,
      seen: at.seen,
      by: at.id,
      session,
      seq,
      before: old ? { values: old.values, seen: old.seen } : null,
    }
    remember(node, key, { values, seen: at.seen, watches: at.watches })
    const bytes = monthBytesOf(values)
    if (bytes !== null) node.monthCounts[key] = { bytes, seen: at.seen, by: at.id }
  }
}

/** Several collectors may speak of one thing: what this batch leaves out stays as it was. */
const mergeNumbers = (old: Numbers, fresh: Numbers): Numbers => {
  for (const metric in old) if (!(metric in fresh)) return { ...old, ...fresh }
  return fresh
}

/** A session begins with all that is so: of what an earlier one told, the rest is no more. */
const isHistory = (node: NodeWorld, { session }: Envelope): boolean => session < node.session

/** Marks the node as heard, and the message's number as received. */
const heard = (node: NodeWorld, message: Envelope, at: At): void => {
  enterSession(node, message.session)
  if (message.session === node.session) {
    node.boot = message.boot
    if (node.said === 'lost') node.said = 'ready'
  }
  if (at.live) heardLive(node, message, at)
  const { session, seq } = message
  if (seq !== null) receive(node, { session, from: seq, to: seq }, at)
}

/** A new session counts its connections anew, and its boot's clock may be younger than the last one's: nothing of before orders it. */
const enterSession = (node: NodeWorld, session: number): void => {
  if (session <= node.session) return
  node.session = session
  node.connection = 0
  node.unnumbered = { birth: 0, state: 0 }
}

const heardLive = (node: NodeWorld, message: Envelope, at: At): void => {
  node.lastSeen = { wall: at.now.wall as Seen['wall'], mono: at.now.mono, corrected: true }
  node.lastBy = at.id
  if (node.birth === null) node.unbornSince ??= at.now.mono
  const deviceNow = Date.parse(message.at) + (message.sentMono - message.mono)
  node.clockOffsetMs = Number.isFinite(deviceNow) ? Math.round(deviceNow - at.now.wall) : null
  if (node.clockOffsetMs !== null) node.clock = hearClock(node.clock, node.clockOffsetMs, at.now.mono)
}

const receive = (node: NodeWorld, range: ReceivedRange, at: At): void => {
  const set = addReceived(node.received, range)
  if (range.session !== node.session) return
  if (set.above.length === 0) node.gapSince = null
  else node.gapSince ??= at.now.mono
}

const reduceNodeState = (node: NodeWorld, message: NodeStateMessage, at: At): void => {
  if (message.state !== 'lost') heard(node, message, at)
  enterSession(node, message.session)
  node.connection = message.connection
  node.said = message.state
  node.lastBy = at.id
  if (message.state !== 'lost') node.unnumbered.state = message.sentMono
}

const reduceBirth = (node: NodeWorld, message: BirthMessage, at: At): void => {
  heard(node, message, at)
  const { states, connection } = message
  node.birth = bornIn(message)
  node.connection = connection
  node.unbornSince = null
  node.said = 'ready'
  if (node.presence === 'revoked') node.presence = 'lost' // only who was given a key again is heard at all
  node.unnumbered.birth = message.sentMono
  node.received = settledBy(node.received, message)
  if ((node.received[message.session]?.above.length ?? 0) === 0) node.gapSince = null
  const exists = new Set(states)
  for (const key of Object.keys(node.states) as StateKey[]) if (!exists.has(key)) delete node.states[key]
  for (const key of Object.keys(node.numbers) as StateKey[]) if (isGone(key, exists)) delete node.numbers[key]
  for (const key of Object.keys(node.tracks) as StateKey[]) if (isGone(key, exists)) delete node.tracks[key]
  node.gone = {}
}

/** Numbers belong to a state of the same key; host/host has them even before its state. */
const isGone = (key: StateKey, exists: ReadonlySet<string>): boolean =>
  !exists.has(key) && !key.startsWith('host/')

const reduceState = (
  node: NodeWorld,
  key: StateKey,
  message: Envelope & { readonly body: unknown },
  at: At,
): void => {
  if (isHistory(node, message)) return
  const order = { session: message.session, seq: message.seq ?? 0 }
  const old = node.states[key]
  const newest = old ?? node.gone[key]
  if (newest && !isAfter(order, newest)) return
  if (message.body === null) {
    delete node.states[key]
    delete node.numbers[key]
    delete node.tracks[key]
    delete node.monthCounts[key]
    node.gone[key] = order
    return
  }
  delete node.gone[key]
  const body = message.body as NonNullable<typeof old>['body']
  const changed = old && isDeepStrictEqual(old.body, body) ? old.changed : at.seen
  node.states[key] = { body, seen: at.seen, changed, by: at.id, ...order }
  remember(node, key, { values: body, seen: at.seen, watches: at.watches })
}
