import { later, milliseconds, minutes, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { type NodeWorld, statesOf } from '../../world/node.ts'
import { isOn } from '../../world/alert.ts'
import { alertKey, type Rule, type RuleParams, type Verdict } from '../rule.ts'
import { COORDINATOR } from '../site-rule.ts'

/** Without a broker it is we who hear nobody. */
const DEAF = alertKey('broker-lost', COORDINATOR, COORDINATOR)
/** A device that says nothing is no occasion to see that there is a broker again. */
const LOOK_AGAIN = seconds(10)

export type NodeLostParams = RuleParams & {
  /** How long a planned host may sleep, milliseconds; null: as long as it likes, as phones may. */
  readonly sleepingAfterMs: number | null
}

/**
 * A device that was here has gone: its last will came, it has been silent for far too long, or a host was switched off. With the one that
 * carries the uplinks the internet is gone, or nobody looks after it: nothing else tells of that.
 */
export const nodeLost: Rule<NodeLostParams> = {
  code: 'node-lost',
  severity: 'warning',
  advice:
    'Has it power and a network? GET /api/v1/nodes shows when it was heard last. Is it off on purpose? POST /api/v1/silences keeps it quiet for a while, "sleepingAfterMs": null in this rule for good.',
  defaults: { fireAfter: seconds(60), clearAfter: seconds(10), sleepingAfterMs: minutes(10) },
  paramsSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      fireAfter: { type: 'integer', minimum: 0, description: 'milliseconds lost before it fires' },
      clearAfter: { type: 'integer', minimum: 0, description: 'milliseconds back before it clears' },
      sleepingAfterMs: {
        type: ['integer', 'null'],
        minimum: 0,
        description: 'milliseconds that a planned host may sleep; null: as long as it likes',
      },
    },
  },
  subjects: (node) => (node.presence === 'never-seen' || node.presence === 'revoked' ? [] : [node.name]),
  dependsOn: () => [DEAF],
  judge: (asked) => ({
    ...presenceOf(asked),
    evidence: asked.node.lastBy ? [asked.node.lastBy] : [],
    severity: carriesUplinks(asked.node) ? 'critical' : 'warning',
  }),
}

type Presence = Omit<Verdict, 'evidence' | 'severity'>

const presenceOf = ({ world, node, now, params }: Parameters<typeof nodeLost.judge>[0]): Presence => {
  switch (node.presence) {
    case 'lost':
      return {
        level: 'bad',
        cause: 'silent',
        text: `${nameOf(node)} is gone, last heard ${iso(node.lastSeen)}`,
        nextAt: isOn(world.alerts[DEAF]) ? later(now.mono, LOOK_AGAIN) : null,
      }
    case 'sleeping':
      return asleep(node, now.mono, params)
    case 'online':
      return { level: 'good', cause: 'fine', text: `${node.name} is back`, nextAt: null }
    case 'late':
    case 'never-seen':
    case 'revoked':
      return { level: 'between', cause: 'late', text: `${node.name} is late`, nextAt: null }
  }
}

/** Good-night is fine for a phone, and for a host that is back soon, as after an upgrade. */
const asleep = (node: NodeWorld, now: MonoMs, { sleepingAfterMs }: NodeLostParams): Presence => {
  const since = node.sleepingSince ?? node.lastSeen
  const text = `${nameOf(node)} is off: it said good-bye at ${iso(since)}`
  if (!since || !node.alwaysOn || sleepingAfterMs === null)
    return { level: 'good', cause: 'fine', text, nextAt: null }
  const until = later(since.mono, milliseconds(sleepingAfterMs))
  return now < until
    ? { level: 'good', cause: 'fine', text, nextAt: until }
    : { level: 'bad', cause: 'sleeping', text, nextAt: null }
}

const carriesUplinks = (node: NodeWorld): boolean => statesOf(node, 'path').length > 0

const nameOf = (node: NodeWorld): string =>
  carriesUplinks(node) ? `${node.name}, which carries the uplinks,` : node.name

const iso = (seen: { readonly wall: number } | null): string =>
  seen ? new Date(seen.wall).toISOString() : 'never'
