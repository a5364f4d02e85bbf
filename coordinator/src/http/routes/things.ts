import * as Type from 'typebox'
import type { Instant } from '@infra-home/shared/clock.ts'
import type { World } from '../../world/world.ts'
import { show } from '../plugins/show.ts'
import { waitForChange, WaitQuery } from '../plugins/wait.ts'
import type { Table } from '../table/table.ts'
import { linksTable, linkViews } from '../views/links.ts'
import { modemsTable, modemViews } from '../views/modems.ts'
import { vlansTable, vlanViews } from '../views/vlans.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

/** A list of things of all nodes: how it is called, made and drawn. */
type List<View> = {
  readonly name: string
  readonly summary: string
  readonly views: (world: World, now: Instant) => readonly View[]
  readonly key: (view: View) => string
  readonly table: (views: readonly View[]) => Table
  readonly next: string
}

const list =
  <View>(of: List<View>): Routes =>
  (app, { context }) => {
    const schema = {
      summary: of.summary,
      tags: [of.name],
      querystring: Type.Interface([WaitQuery, PageQuery], {}),
    }
    app.get(`${API}/${of.name}`, { config: { scope: 'read' }, schema }, async (request, reply) => {
      await waitForChange(context.stream, request.query.wait)
      const found = page(of.views(context.world, context.now()), of.key, request.query)
      return show(request, reply, {
        json: found,
        parts: () => [found.items.length === 0 ? `no ${of.name} are known yet` : of.table(found.items)],
        next: of.next,
        version: context.world.position,
      })
    })
  }

const links = list({
  name: 'links',
  summary: 'Every link of every node',
  views: linkViews,
  key: ({ node, link }) => `${node}/${link}`,
  table: linksTable,
  next: 'curl …/api/v1/nodes/NAME',
})

const vlans = list({
  name: 'vlans',
  summary: 'Every VLAN interface of every node',
  views: vlanViews,
  key: ({ node, vlan }) => `${node}/${vlan}`,
  table: vlansTable,
  next: 'curl …/api/v1/topology',
})

const modems = list({
  name: 'modems',
  summary: 'Every modem of every node',
  views: modemViews,
  key: ({ node, id }) => `${node}/${id}`,
  table: modemsTable,
  next: "curl '…/api/v1/modems/NODE/ID/history?metric=rsrpDbm'",
})

export const thingRoutes: Routes = (app, tools) => {
  for (const routes of [links, vlans, modems]) routes(app, tools)
}
