import type { Decision } from '../decide/decision.ts'
import { isOn } from '../world/alert.ts'
import { nodesOf, type World } from '../world/world.ts'
import type { DecisionEntry } from './decisions-lately.ts'

/** What a day or a week was like, as lines for people: who is here, what fired, where traffic went, and what is still on. Pure. */
export const digestOf = (
  world: World,
  decisions: readonly DecisionEntry[],
  period: 'day' | 'week',
): string => {
  const nodes = nodesOf(world)
  const here = nodes.filter(({ presence }) => presence === 'online').length
  const on = Object.values(world.alerts).filter(isOn)
  const fired = decisions.flatMap((entry) => firedLine(entry))
  const moved = decisions.flatMap((entry) => movedLine(entry))
  const lines = [
    `${here} of ${nodes.length} nodes are online.`,
    fired.length === 0
      ? `No alert fired in the last ${period}.`
      : `${fired.length} alerts fired in the last ${period}:`,
    ...atMost(fired),
    ...(moved.length > 0 ? [`Traffic moved ${moved.length} times:`, ...atMost(moved)] : []),
    ...(on.length > 0 ? ['Still on:', ...on.map((alert) => `  ${alert.text}`)] : []),
  ]
  return lines.join('\n')
}

const MOST_LINES = 30

const atMost = (lines: readonly string[]): readonly string[] =>
  lines.length <= MOST_LINES
    ? lines
    : [...lines.slice(0, MOST_LINES), `  and ${lines.length - MOST_LINES} more`]

/** What a digest tells of. */
export const isOfDigest = (decision: Decision): boolean =>
  decision.policy === 'wan' || (decision.policy === 'alerts' && decision.reason === 'fired')

const firedLine = ({ at, body }: DecisionEntry): string[] =>
  body.policy === 'alerts' && body.reason === 'fired' ? [`  ${at} ${body.text}`] : []

const movedLine = ({ at, body }: DecisionEntry): string[] =>
  body.policy === 'wan' ? [`  ${at} ${body.from ?? 'nothing'} → ${body.to} (${body.reason})`] : []
