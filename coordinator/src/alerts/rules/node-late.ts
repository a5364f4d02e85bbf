import { seconds } from '@infra-home/shared/clock.ts'
import type { NodePresence } from '../../world/node.ts'
import type { Level } from '../machine.ts'
import { paramsSchema } from '../params-schema.ts'
import { alertKey, type Rule } from '../rule.ts'
import { COORDINATOR } from '../site-rule.ts'

/** A device has been silent for longer than it should, and is not lost yet: a weak Wi-Fi, or a machine that has too much to do. */
export const nodeLate: Rule = {
  code: 'node-late',
  severity: 'info',
  advice: 'GET /api/v1/nodes/NODE shows its load and its link. If it goes on, node-lost says so.',
  defaults: { fireAfter: seconds(20), clearAfter: seconds(10) },
  paramsSchema: paramsSchema(),
  subjects: (node) => (node.presence === 'never-seen' || node.presence === 'revoked' ? [] : [node.name]),
  dependsOn: () => [alertKey('broker-lost', COORDINATOR, COORDINATOR)],
  judge({ node, world }) {
    const level = world.self.parts.broker?.ok === false ? 'unknown' : LEVELS[node.presence] // else it is we who hear nobody
    return {
      level,
      cause: level === 'bad' ? 'late' : 'fine',
      text:
        level === 'bad'
          ? `${node.name} has not been heard since ${node.lastSeen ? new Date(node.lastSeen.wall).toISOString() : 'its start'}`
          : `${node.name} speaks in time`,
      evidence: node.lastBy ? [node.lastBy] : [],
      nextAt: null,
    }
  },
}

/** What is lost is no longer late, and not in time either. */
const LEVELS: Readonly<Record<NodePresence, Level>> = {
  late: 'bad',
  online: 'good',
  sleeping: 'good',
  lost: 'between',
  'never-seen': 'unknown',
  revoked: 'unknown',
}
