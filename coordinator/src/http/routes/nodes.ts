import * as Type from 'typebox'
import { Problem } from '../problem.ts'
import { show } from '../plugins/show.ts'
import { waitForChange, WaitQuery } from '../plugins/wait.ts'
import { linksTable } from '../views/links.ts'
import { modemsTable } from '../views/modems.ts'
import { nodeDetail, nodeSummaries, nodesTable, nodeTables } from '../views/nodes.ts'
import { vlansTable } from '../views/vlans.ts'
import type { HttpContext } from '../context.ts'
import type { NodeWorld } from '../../world/node.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

export const NodeParams = Type.Object({ node: Type.String({ minLength: 1, maxLength: 63 }) })

/** @throws Problem not-found */
export const nodeNamed = ({ world }: Pick<HttpContext, 'world'>, name: string): NodeWorld => {
  const node = Object.hasOwn(world.nodes, name) ? world.nodes[name] : undefined
  if (!node) throw new Problem('not-found', `there is no node ${name}`)
  return node
}

export const nodeRoutes: Routes = (app, { context, cached }) => {
  const listSchema = {
    summary: 'Every node',
    tags: ['nodes'],
    querystring: Type.Interface([WaitQuery, PageQuery], {}),
  }
  app.get(`${API}/nodes`, { config: { scope: 'read' }, schema: listSchema }, async (request, reply) => {
    const { wait, limit, after } = request.query
    await waitForChange(context.stream, wait)
    return cached(request, reply, `nodes ${limit ?? ''} ${after ?? ''}`, () => {
      const nodes = page(nodeSummaries(context.world, context.now()), ({ node }) => node, { limit, after })
      return {
        json: nodes,
        parts: () => [nodesTable(nodes.items)],
        next: 'curl …/api/v1/nodes/NAME',
        version: context.world.position,
      }
    })
  })

  const oneSchema = { summary: 'One node', tags: ['nodes'], params: NodeParams, querystring: WaitQuery }
  app.get(`${API}/nodes/:node`, { config: { scope: 'read' }, schema: oneSchema }, async (request, reply) => {
    const node = nodeNamed(context, request.params.node)
    await waitForChange(context.stream, request.query.wait)
    const detail = nodeDetail(context.world, node, context.now())
    const facts = nodeTables(detail).map(([name, value]) => [name ?? '', value ?? ''])
    return show(request, reply, {
      json: detail,
      version: node.lastBy ?? 'never',
      parts: () => [
        { head: ['NODE', node.name], rows: facts },
        linksTable(detail.links),
        ...(detail.vlans.length > 0 ? [vlansTable(detail.vlans)] : []),
        ...(detail.modems.length > 0 ? [modemsTable(detail.modems)] : []),
      ],
      next: `curl …/api/v1/events?node=${node.name}`,
    })
  })

  const forgetSchema = { summary: 'Forget a node', tags: ['nodes'], params: NodeParams }
  app.delete(
    `${API}/nodes/:node`,
    { config: { scope: 'admin' }, schema: forgetSchema },
    async (request, reply) => {
      const node = nodeNamed(context, request.params.node)
      await context.ask({ request: 'forget-node', node: node.name, by: request.owner })
      return reply.code(204).send()
    },
  )
}
