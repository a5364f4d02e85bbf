import { isOfWan } from './is-of-wan.ts'
import { fromRfc3339, type MonoMs, monoMs } from '@infra-home/shared/clock.ts'
import type { RuleData } from '../alerts/rule-data.ts'
import type { Entry } from './input.ts'
import { newNode, type NodeWorld } from './node.ts'
import { reduceDecision } from './reduce-decision.ts'
import { reduceMessage, reduceNumbers } from './reduce-message.ts'
import { reduceRequest } from './reduce-request.ts'
import { reduceSelf } from './reduce-self.ts'
import { reduceWanMessage } from './reduce-wan.ts'
import { reduceLateWord, reduceStepFinished, reduceStepStarted } from './reduce-step.ts'
import { type Watch, watchesOf } from './watch.ts'
import type { World } from './world.ts'

/** The part of the world that an entry changed: a node's name, or the site as a whole. */
export const SITE = '$site'
export type Touched = string

/**
 * Takes one journal entry into the world, in place: the same entries in the same order always make the same world.
 * No clock, no chance and no I/O; entries that this version does not know change nothing but the position.
 */
export const reduce = (world: World, entry: Entry): Touched => {
  world.position = entry.pos
  const now = { wall: fromRfc3339(entry.at), mono: monoMs(entry.mono) }
  switch (entry.kind) {
    case 'message': {
      const node = nodeNamed(world, entry.node)
      reduceMessage(node, entry.body, {
        id: entry.id,
        now,
        seen: entry.body.seen,
        live: entry.body.retained !== true,
        watches: watchesIn(world),
      })
      reduceWanMessage(world, node, entry.body, { id: entry.id, now, seen: entry.body.seen })
      if (entry.body.said.kind === 'res') reduceLateWord(world, entry.body.said.message, now)
      return node.name
    }
    case 'numbers': {
      const node = nodeNamed(world, entry.node)
      const at = { id: entry.id, now, seen: entry.body.seen, live: true, watches: watchesIn(world) }
      reduceNumbers(node, entry.body.message, at)
      return node.name
    }
    case 'decision':
      reduceDecision(world, entry.body, { id: entry.id, now })
      return OF_A_NODE.has(entry.body.policy) && 'node' in entry.body ? entry.body.node : SITE
    case 'step-started':
      reduceStepStarted(world, entry.body, entry.id)
      return SITE
    case 'step-finished':
      reduceStepFinished(world, entry.body, { id: entry.id, now })
      return SITE
    case 'request':
      reduceRequest(world, entry.body, { id: entry.id, now })
      return isOfWan(entry.body) ? (world.wan.router ?? SITE) : SITE
    case 'system':
      reduceSystem(world, entry.body, { epoch: entry.epoch, mono: now.mono })
      world.self = reduceSelf(world.self, entry.body, { id: entry.id, now })
      return SITE
    case 'tick':
      return SITE
  }
}

/** Decisions after which others may have to be taken about the same node. */
const OF_A_NODE: ReadonlySet<string> = new Set(['presence', 'wan', 'tether'])

/** What is to be remembered of numbers and states. */
const watchesIn = ({ ownRules }: World): readonly Watch[] => watchesOf(ownRules?.rules ?? NO_RULES)
const NO_RULES: readonly RuleData[] = []

const nodeNamed = (world: World, name: string | null): NodeWorld => {
  const key = name ?? ''
  return (world.nodes[key] ??= newNode(key, false))
}

const reduceSystem = (
  world: World,
  body: Extract<Entry, { kind: 'system' }>['body'],
  at: { readonly epoch: number; readonly mono: MonoMs },
): void => {
  if (body.event === 'deposed') world.deposedBy = body.by
  if (body.event === 'resumed-above') world.epoch = body.epoch
  if (body.event !== 'started') return
  world.epoch = at.epoch
  world.listeningSince = at.mono
  world.deposedBy = null
  for (const node of Object.values(world.nodes)) node.generations = {}
}
