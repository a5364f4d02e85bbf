import {
  type DurationMs,
  elapsed,
  later,
  type MonoMs,
  milliseconds,
  seconds,
} from '@infra-home/shared/clock.ts'
import type { NodePresence, NodeWorld } from './node.ts'

/** A node that has said nothing for this many of its samples is late, then lost. */
const LATE_SAMPLES = 3
const LOST_SAMPLES = 9
const SHORTEST_LATE = seconds(15)
const DEFAULT_CADENCE = seconds(10)

export const lateAfter = (node: NodeWorld): DurationMs =>
  milliseconds(Math.max(SHORTEST_LATE, LATE_SAMPLES * cadence(node)))
export const lostAfter = (node: NodeWorld): DurationMs =>
  milliseconds(Math.max(3 * SHORTEST_LATE, LOST_SAMPLES * cadence(node)))

const cadence = (node: NodeWorld): number => node.birth?.cadenceMs ?? DEFAULT_CADENCE

/** What it said last is of then, and says nothing of now. */
export const isGone = ({ presence }: Pick<NodeWorld, 'presence'>): boolean =>
  presence === 'lost' || presence === 'sleeping'

/** It was heard after its good-bye: another agent goes by its name, or the good-bye was none. */
export const spokeInSleep = ({ said, sleepingSince, lastSeen }: NodeWorld): boolean =>
  said === 'sleeping' && !!sleepingSince && !!lastSeen && lastSeen.mono > sleepingSince.mono

/**
 * How `node` stands at `now`, and when that changes by silence alone. Silence counts from the coordinator's own start:
 * what it could not hear is nobody's fault.
 */
export const presenceAt = (
  node: NodeWorld,
  now: MonoMs,
  listeningSince: MonoMs,
): { readonly presence: NodePresence; readonly nextAt: MonoMs | null } => {
  if (node.presence === 'revoked') return { presence: 'revoked', nextAt: null }
  if (!node.lastSeen) return { presence: 'never-seen', nextAt: null }
  if (node.said === 'lost') return { presence: 'lost', nextAt: null }
  if (node.said === 'sleeping' && !spokeInSleep(node)) return { presence: 'sleeping', nextAt: null }
  const heard = node.lastSeen.mono > listeningSince ? node.lastSeen.mono : listeningSince
  const silence = elapsed(heard, now)
  if (silence >= lostAfter(node)) return { presence: 'lost', nextAt: null }
  if (silence >= lateAfter(node)) return { presence: 'late', nextAt: later(heard, lostAfter(node)) }
  return { presence: 'online', nextAt: later(heard, lateAfter(node)) }
}
