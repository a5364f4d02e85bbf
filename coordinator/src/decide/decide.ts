import type { Instant } from '@infra-home/shared/clock.ts'
import { COORDINATOR } from '../alerts/site-rule.ts'
import { newNode, type NodeWorld } from '../world/node.ts'
import { SITE, type Touched } from '../world/reduce.ts'
import type { World } from '../world/world.ts'
import { POLICIES } from './policies.gen.ts'
import { earliest, type Params, type Verdict } from './policy.ts'

/**
 * Asks every policy that concerns `touched`. A deposed coordinator commands nothing. Asking again without a change gives
 * no decision, so it does no harm to ask too often.
 */
export const decide = (world: World, touched: Touched, now: Instant, params: Params): Verdict => {
  const verdicts =
    touched === SITE ? siteVerdicts(world, now, params) : nodeVerdicts(world, touched, now, params)
  return {
    decisions: verdicts.flatMap(({ decisions }) => decisions),
    nextAt: earliest(...verdicts.map(({ nextAt }) => nextAt)),
  }
}

const siteVerdicts = (world: World, now: Instant, params: Params): Verdict[] =>
  POLICIES.flatMap((policy) =>
    policy.scope === 'site' && (world.deposedBy === null || policy.evenDeposed)
      ? [policy.decide({ world, now, params })]
      : [],
  )

const nodeVerdicts = (world: World, name: string, now: Instant, params: Params): Verdict[] => {
  const isKnown = Object.hasOwn(world.nodes, name)
  const node = isKnown ? world.nodes[name] : forgotten(world, name)
  if (!node || world.deposedBy !== null) return []
  return POLICIES.flatMap((policy) =>
    policy.scope === 'node' && (isKnown || policy.evenForgotten)
      ? [policy.decide({ world, node, now, params })]
      : [],
  )
}

/** A node of which nothing is left but its alerts; null where there are none, or they are about ourselves. */
const forgotten = (world: World, name: string): NodeWorld | null =>
  name !== COORDINATOR && Object.hasOwn(world.alertKeys, name) ? newNode(name, false) : null
