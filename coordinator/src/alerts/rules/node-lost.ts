import { seconds } from '@infra-home/shared/clock.ts'
import type { Rule } from '../rule.ts'

/** A device that was here has gone: its last will came, or it has been silent for far too long. */
export const nodeLost: Rule = {
  code: 'node-lost',
  severity: 'warning',
  advice: 'Has it power and a network? GET /api/v1/nodes shows when it was heard last.',
  defaults: { fireAfter: seconds(60), clearAfter: seconds(10) },
  paramsSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      fireAfter: { type: 'integer', minimum: 0, description: 'milliseconds lost before it fires' },
      clearAfter: { type: 'integer', minimum: 0, description: 'milliseconds back before it clears' },
    },
  },
  subjects: (node) => (node.presence === 'never-seen' || node.presence === 'revoked' ? [] : [node.name]),
  judge({ node }) {
    const evidence = node.lastBy ? [node.lastBy] : []
    const heard = node.lastSeen ? new Date(node.lastSeen.wall).toISOString() : 'never'
    switch (node.presence) {
      case 'lost':
        return {
          level: 'bad',
          cause: 'silent',
          text: `${node.name} is gone, last heard ${heard}`,
          evidence,
          nextAt: null,
        }
      case 'online':
      case 'sleeping':
        return { level: 'good', cause: 'fine', text: `${node.name} is back`, evidence, nextAt: null }
      case 'late':
      case 'never-seen':
      case 'revoked':
        return { level: 'between', cause: 'late', text: `${node.name} is late`, evidence, nextAt: null }
    }
  },
}
