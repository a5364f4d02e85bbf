import * as Type from 'typebox'
import type { Instant } from '@infra-home/shared/clock.ts'
import type { World } from '../../world/world.ts'
import { show } from '../plugins/show.ts'
import { WaitQuery } from '../plugins/wait.ts'
import { listOf } from '../schemas/parts.ts'
import { Link, Modem, Vlan } from '../schemas/things.ts'
import type { Table } from '../table/table.ts'
import { allLinks, linksTable } from '../views/links.ts'
import { allModems, modemsTable } from '../views/modems.ts'
import { allVlans, vlansTable } from '../views/vlans.ts'
import { changesModem } from './modems.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'
import type { Waiting } from '../plugins/wait.ts'

/** A list of things of all nodes: how it is called, made and drawn. */
type List<View> = {
  readonly name: string
  readonly summary: string
  readonly item: Type.TSchema
  readonly views: (world: World, now: Instant) => readonly View[]
  readonly key: (view: View) => string
  readonly table: (views: readonly View[]) => Table
  readonly next: string
  readonly changes?: NonNullable<Waiting['matters']>
}

const list =
  <View>(of: List<View>): Routes =>
  (app, { context, wait }) => {
    const schema = {
      summary: of.summary,
      tags: [of.name],
      querystring: Type.Interface([WaitQuery, PageQuery], {}),
    }
    const version = (): number => context.world.position
    const waiting = { version, ...(of.changes ? { matters: of.changes } : {}) }
    const config = { scope: 'read', shows: listOf(of.item) } as const
    app.get(`${API}/${of.name}`, { config, schema }, async (request, reply) => {
      await wait(request, reply, { seconds: request.query.wait, ...waiting })
      const found = page(of.views(context.world, context.now()), of.key, request.query)
      return show(request, reply, {
        json: found,
        parts: () => [found.items.length === 0 ? `no ${of.name} are known yet` : of.table(found.items)],
        next: of.next,
        version: version(),
      })
    })
  }

const links = list({
  name: 'links',
  summary: 'Every link of every node',
  item: Link,
  views: allLinks,
  key: ({ node, link }) => `${node}/${link}`,
  table: linksTable,
  next: 'curl …/api/v1/nodes/NAME',
})

const vlans = list({
  name: 'vlans',
  summary: 'Every VLAN interface of every node',
  item: Vlan,
  views: allVlans,
  key: ({ node, vlan }) => `${node}/${vlan}`,
  table: vlansTable,
  next: 'curl …/api/v1/topology',
})

const modems = list({
  name: 'modems',
  summary: 'Every modem of every node',
  item: Modem,
  views: allModems,
  key: ({ node, id }) => `${node}/${id}`,
  table: modemsTable,
  next: "curl '…/api/v1/modems/NODE/ID/history?metric=rsrpDbm'",
  changes: changesModem,
})

export const thingRoutes: Routes = (app, tools) => {
  for (const routes of [links, vlans, modems]) routes(app, tools)
}
