import * as Type from 'typebox'
import { show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { listOf } from '../schemas/parts.ts'
import { ModemChange } from '../schemas/things.ts'
import { modemChanges, modemChangesTable } from '../views/modem-changes.ts'
import { ModemParams } from './modems.ts'
import { nodeNamed } from './nodes.ts'
import { encodeCursor, positionIn } from './page.ts'
import { API, type Routes } from './route.ts'

const USUAL = 50

const ChangesQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  after: Type.Optional(Type.String({ maxLength: 64, description: 'the cursor (`next`) of the page before' })),
})

/** How a modem's SIM, cell, band and all else that it tells in words went. */
export const modemChangeRoutes: Routes = (app, { context, journal }) => {
  const schema = {
    summary:
      'SIM, registration, operator, band and cell of a modem, whenever one of them changed, newest first',
    tags: ['modems'],
    params: ModemParams,
    querystring: ChangesQuery,
  }
  const config = { scope: 'read', shows: listOf(ModemChange) } as const
  app.get(`${API}/modems/:node/:id/changes`, { config, schema }, async (request, reply) => {
    const { id } = request.params
    const node = nodeNamed(context, request.params.node)
    const { limit = USUAL, after } = request.query
    const before = after === undefined ? null : positionIn(after)
    const { items, next } = await modemChanges(journal, { node: node.name, modem: id, before, limit })
    if (items.length === 0 && before === null && !node.states[`modem/${id}`])
      throw new Problem('not-found', `${node.name} has no modem ${id}`)
    return show(request, reply, {
      json: { items, next: next === null ? null : encodeCursor(String(next)) },
      version: items.map((one) => one.id).join(),
      parts: () => [items.length === 0 ? 'nothing changed since' : modemChangesTable(items)],
      next: `curl '…/api/v1/modems/${encodeURIComponent(node.name)}/${encodeURIComponent(id)}/history?metric=rsrpDbm'`,
    })
  })
}
