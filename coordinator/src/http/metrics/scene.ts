import type { Instant } from '@infra-home/shared/clock.ts'
import type { StateBody, StateKind } from '@infra-home/shared/messages/states.ts'
import type { NodeWorld } from '../../world/node.ts'
import { statesOf } from '../../world/node.ts'
import { nodesOf } from '../../world/world.ts'
import type { NodePresence } from '../../world/node.ts'
import type { HttpContext } from '../context.ts'
import { backupViews, copyViews } from '../views/backups.ts'
import { allModems, type ModemView } from '../views/modems.ts'
import { stateNow } from '../views/nodes.ts'
import { usageView } from '../views/wan-usage.ts'
import { wanView } from '../views/wan.ts'

/** What one answer of /metrics is made of: everything is looked at once. */
export type MetricsScene = {
  readonly context: HttpContext
  readonly now: Instant
  readonly nodes: readonly { readonly node: NodeWorld; readonly state: NodePresence }[]
  /** Nodes that are online: what the others said is past. */
  readonly here: readonly NodeWorld[]
  readonly modems: readonly ModemView[]
  readonly wan: ReturnType<typeof wanView>
  readonly usage: ReturnType<typeof usageView>
  readonly backups: ReturnType<typeof backupViews>
  readonly copies: ReturnType<typeof copyViews>
}

export const metricsScene = async (context: HttpContext): Promise<MetricsScene> => {
  const { world } = context
  const now = context.now()
  const nodes = nodesOf(world).map((node) => ({ node, state: stateNow(world, node, now) }))
  const kept = (await context.backups?.kept()) ?? []
  const plan = context.backups?.plan ?? null
  const failure = context.backups?.failure() ?? null
  return {
    context,
    now,
    nodes,
    here: nodes.filter(({ state }) => state === 'online').map(({ node }) => node),
    modems: allModems(world, now).filter(({ stale }) => !stale),
    wan: wanView(context),
    usage: usageView(context),
    backups: backupViews({ kept }, world, now),
    copies: copyViews({ kept, plan, failure }, world, now),
  }
}

/** One state of a node that is here. */
export type Told<K extends StateKind> = {
  readonly node: NodeWorld
  readonly id: string
  readonly body: StateBody[K]
}

/** Every state of a kind that the nodes that are here have told. */
export const toldBy = <K extends StateKind>({ here }: Pick<MetricsScene, 'here'>, kind: K): Told<K>[] =>
  here.flatMap((node) => statesOf(node, kind).map(([id, { body }]) => ({ node, id, body })))
