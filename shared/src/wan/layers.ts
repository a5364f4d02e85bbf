import { elapsed, minutes, type MonoMs } from '../clock.ts'
import type { LayerVerdict } from './path.ts'
import type { ProbeMethod } from './silence.ts'

/** What came of a question: what was asked for, something else from the right place, or nothing. */
export type AskResult = 'works' | 'answers' | 'lost'

export type Asked = {
  readonly method: ProbeMethod
  readonly target: string
  readonly at: MonoMs
  readonly result: AskResult
}

/** The last answers that an uplink's questions got, oldest first. */
export type Layers = readonly Asked[]

const KEPT = 40
/** Longer than the longest pace of a standby: what is older says nothing of now. */
const OLD = minutes(25)
/** Loss is of now: an idle line is asked too seldom to outweigh what got lost in a trouble that is over. */
const LOSS_OLD = minutes(2)
const ENOUGH_FOR_LOSS = 10
/** An idle line is asked some 18 times meanwhile: one that loses 3 % may lose two of them, and hardly one below 6 % three (95 %, Wilson's interval). */
const ENOUGH_LOST = 3
/** So many others have to fail before a layer does: one of them may be down itself. */
const QUORUM = 2

/** The memory with one more. Pure. */
export const noteAsked = (before: Layers, asked: Asked): Layers => [...before, asked].slice(-KEPT)

/** What one layer is good for: it works when the newest answer does, and fails when several others in a row failed. Pure. */
export const layerOf = (layers: Layers, method: ProbeMethod, now: MonoMs): LayerVerdict => {
  const asked = layers.filter((one) => one.method === method && elapsed(one.at, now) <= OLD)
  const good = asked.findLastIndex(({ result }) => result === 'works')
  const failing = new Set(asked.slice(good + 1).map(({ target }) => target))
  if (failing.size >= QUORUM) return 'fails'
  return good >= 0 ? 'works' : 'unknown'
}

/** The share of questions that nobody answered, 0 to 1; null while too few were asked for a share to say anything. Pure. */
export const lossOf = (layers: Layers, now: MonoMs): number | null => shareOf(lately(layers, now))

/** The same where it says something of the path: null also while so few were lost that it may be chance. Pure. */
export const provenLossOf = (layers: Layers, now: MonoMs): number | null => {
  const asked = lately(layers, now)
  const lost = lostOf(asked)
  return lost > 0 && lost < ENOUGH_LOST ? null : shareOf(asked)
}

const lately = (layers: Layers, now: MonoMs): Layers =>
  layers.filter(({ at }) => elapsed(at, now) <= LOSS_OLD)
const lostOf = (asked: Layers): number => asked.filter(({ result }) => result === 'lost').length
const shareOf = (asked: Layers): number | null =>
  asked.length < ENOUGH_FOR_LOSS ? null : lostOf(asked) / asked.length
