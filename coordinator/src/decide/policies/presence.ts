import type { PresenceDecision } from '../decision.ts'
import { presenceAt, spokeInSleep } from '../../world/presence.ts'
import type { NodePresence, NodeWorld } from '../../world/node.ts'
import type { Policy } from '../policy.ts'

const REASONS: Record<NodePresence, PresenceDecision['reason']> = {
  'never-seen': 'silent',
  online: 'spoke',
  sleeping: 'went-to-sleep',
  late: 'silent',
  lost: 'silent',
  revoked: 'silent', // never decided: a person revokes
}

/** Says when a node comes, grows late, is lost, and is back. */
export const presence: Policy = {
  name: 'presence',
  scope: 'node',
  decide({ world, node, now }) {
    const { presence: to, nextAt } = presenceAt(node, now.mono, world.listeningSince)
    if (to === node.presence) return { decisions: [], nextAt }
    return { decisions: [changed(node, to)], nextAt }
  },
}

const reasonOf = (node: NodeWorld, to: NodePresence): PresenceDecision['reason'] => {
  if (to === 'lost' && node.said === 'lost') return 'last-will'
  return to === 'online' && spokeInSleep(node) ? 'heard' : REASONS[to]
}

const changed = (node: NodeWorld, to: NodePresence): PresenceDecision => ({
  policy: 'presence',
  reason: reasonOf(node, to),
  node: node.name,
  from: node.presence,
  to,
  evidence: node.lastBy ? [node.lastBy] : [],
  follows: null,
  steps: [],
})
