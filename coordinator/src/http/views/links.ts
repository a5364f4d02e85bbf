import { type Instant, rfc3339 } from '@infra-home/shared/clock.ts'
import { type LinkState, linkUp } from '@infra-home/shared/messages/link.ts'
import { type NodeWorld, statesOf } from '../../world/node.ts'
import { nodesOf, type World } from '../../world/world.ts'
import type { Table } from '../table/table.ts'
import { age, bytes, mark } from '../table/words.ts'
import { aged } from './ages.ts'

/** Every link that is known. */
export const allLinks = (world: World, now: Instant) => nodesOf(world).flatMap((node) => linkViews(node, now))

/** Every link of one node. */
export const linkViews = (node: NodeWorld, now: Instant) =>
  statesOf(node, 'link').map(([link, fact]) => {
    const numbers = node.numbers[`link/${link}`]?.values
    return {
      node: node.name,
      link,
      up: linkUp(fact.body),
      ...fact.body,
      rxBytes: numbers?.rxBytes ?? null,
      txBytes: numbers?.txBytes ?? null,
      changedAt: rfc3339(fact.changed.wall),
      ...aged(node, fact.seen, now),
    }
  })

type View = ReturnType<typeof linkViews>[number]

export const linksTable = (links: readonly View[]): Table => ({
  head: ['', 'NODE', 'LINK', 'KIND', 'STATE', 'SPEED', 'ADDRESSES', 'RECEIVED', 'SENT', 'SINCE'],
  rows: links.map((link) => [
    mark(link.adminUp && !link.up),
    link.node,
    link.link,
    link.kind,
    wordOf(link),
    link.speedMbps === null ? '–' : `${link.speedMbps} Mb/s`,
    addressesOf(link),
    bytes(link.rxBytes),
    bytes(link.txBytes),
    age(link.ageMs),
  ]),
})

const wordOf = (link: View): string => (!link.adminUp ? 'off' : link.up ? 'up' : 'no carrier')

export const addressesOf = ({ addresses }: Pick<LinkState, 'addresses'>): string =>
  addresses
    .filter(({ scope }) => scope === 'global')
    .map(({ address, prefix }) => `${address}/${prefix}`)
    .join(' ') || '–'
