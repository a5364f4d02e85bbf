import * as Type from 'typebox'
import type { Entry } from '../../world/input.ts'
import { show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { Modem } from '../schemas/things.ts'
import { modemsTable, modemViews } from '../views/modems.ts'
import { nodeNamed } from './nodes.ts'
import { API, type Routes } from './route.ts'

export const ModemParams = Type.Object({
  node: Type.String({ minLength: 1, maxLength: 63 }),
  id: Type.String({ minLength: 1, maxLength: 63 }),
})

/** True for what says something of a modem, its numbers included, and for a node that comes or goes. */
export const changesModem = (entry: Entry): boolean => {
  switch (entry.kind) {
    case 'numbers':
      return Object.keys(entry.body.message.numbers).some((key) => key.startsWith('modem/'))
    case 'message':
      return entry.body.said.kind === 'state' && entry.body.said.state === 'modem'
    case 'decision':
      return entry.body.policy === 'presence'
    case 'request':
      return entry.body.request === 'forget-node'
    default:
      return false
  }
}

/** One modem as it is now. */
export const modemRoutes: Routes = (app, { context }) => {
  const schema = { summary: 'One modem', tags: ['modems'], params: ModemParams }
  const config = { scope: 'read', shows: Modem } as const
  app.get(`${API}/modems/:node/:id`, { config, schema }, async (request, reply) => {
    const { id } = request.params
    const node = nodeNamed(context, request.params.node)
    const modem = modemViews(node, context.now()).find((one) => one.id === id)
    if (!modem) throw new Problem('not-found', `${node.name} has no modem ${id}`)
    const path = `${encodeURIComponent(node.name)}/${encodeURIComponent(id)}`
    return show(request, reply, {
      json: modem,
      version: JSON.stringify({ ...modem, ageMs: null }),
      parts: () => [modemsTable([modem]), ...(modem.cause ? [modem.cause] : [])],
      next: `curl '…/api/v1/modems/${path}/history?metric=rsrpDbm'`,
    })
  })
}
