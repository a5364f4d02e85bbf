import type { Entry } from '../world/input.ts'
import { nodesOf, type World } from '../world/world.ts'

/** What a day was like, as lines for people: who is here, what fired and what is still on. */
export const digestOf = (world: World, fired: readonly Entry[]): string => {
  const nodes = nodesOf(world)
  const here = nodes.filter(({ presence }) => presence === 'online').length
  const on = Object.values(world.alerts).filter(({ stage }) => stage === 'firing' || stage === 'recovering')
  const lines = [
    `${here} of ${nodes.length} nodes are online.`,
    fired.length === 0 ? 'No alert fired in the last day.' : `${fired.length} alerts fired in the last day:`,
    ...fired.flatMap((entry) =>
      entry.kind === 'decision' && entry.body.policy === 'alerts' ? [`  ${entry.at} ${entry.body.text}`] : [],
    ),
    ...(on.length > 0 ? ['Still on:', ...on.map((alert) => `  ${alert.text}`)] : []),
  ]
  return lines.join('\n')
}
