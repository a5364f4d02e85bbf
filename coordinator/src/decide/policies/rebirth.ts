import { elapsed, later, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { missingRanges } from '@infra-home/shared/seq-set.ts'
import type { NodeWorld } from '../../world/node.ts'
import { earliest, NOTHING, type Policy, type Verdict } from '../policy.ts'

/** A gap may be on its way as backlog: it is asked for when it has been open for this long, and not more often. */
const PATIENCE = seconds(30)
/** A birth follows the first word within moments. */
const BIRTH_PATIENCE = seconds(5)
const ASK_EVERY = seconds(300)
const MOST_RANGES = 32

/** Asks a node to say again who it is and what is missing: when it speaks without a birth, or when numbers are missing. */
export const rebirth: Policy = {
  name: 'rebirth',
  scope: 'node',
  decide({ node, now }) {
    if (node.boot === null || node.lastSeen === null || node.said === 'lost') return NOTHING
    const due = dueAt(node)
    if (due === null) return NOTHING
    if (now.mono < due) return { decisions: [], nextAt: due }
    return ask(node, node.boot)
  },
}

const dueAt = (node: NodeWorld): MonoMs | null => {
  const gap = node.gapSince === null ? null : later(node.gapSince, PATIENCE)
  const unborn = node.unbornSince === null ? null : later(node.unbornSince, BIRTH_PATIENCE)
  const wanted = earliest(gap, unborn)
  if (wanted === null) return null
  if (node.askedRebirthAt === null) return wanted
  const again = later(node.askedRebirthAt, ASK_EVERY)
  return elapsed(again, wanted) > 0 ? wanted : again
}

const ask = (node: NodeWorld, boot: string): Verdict => {
  const received = node.received[node.session]
  const missing = received ? missingRanges(received).slice(0, MOST_RANGES) : []
  return {
    decisions: [
      {
        policy: 'rebirth',
        reason: node.birth === null ? 'no-birth' : 'gap',
        node: node.name,
        evidence: node.lastBy ? [node.lastBy] : [],
        follows: null,
        steps: [
          {
            kind: 'ask-rebirth',
            node: node.name,
            boot,
            generation: (node.generations.rebirth ?? 0) + 1,
            missing,
          },
        ],
      },
    ],
    nextAt: null,
  }
}
