import * as Type from 'typebox'
import type { NodeWorld } from '../../world/node.ts'
import type { HttpContext } from '../context.ts'
import { show } from '../plugins/show.ts'
import { mustBe } from '../plugins/version.ts'
import { WaitQuery } from '../plugins/wait.ts'
import { Problem } from '../problem.ts'
import { Node, NodeDetail } from '../schemas/nodes.ts'
import { listOf } from '../schemas/parts.ts'
import { nodeDetail, nodeParts, nodeVersion } from '../views/node.ts'
import { nodeSummaries, nodesTable } from '../views/nodes.ts'
import { page, PageQuery } from './page.ts'
import { API, type Routes } from './route.ts'

export const NodeParams = Type.Object({ node: Type.String({ minLength: 1, maxLength: 63 }) })

/** @throws Problem not-found */
export const nodeNamed = ({ world }: Pick<HttpContext, 'world'>, name: string): NodeWorld => {
  const node = Object.hasOwn(world.nodes, name) ? world.nodes[name] : undefined
  if (!node) throw new Problem('not-found', `there is no node ${name}`)
  return node
}

export const nodeRoutes: Routes = (app, tools) => {
  list(app, tools)
  one(app, tools)
  forget(app, tools)
}

const list: Routes = (app, { context, cached, wait }) => {
  const { world } = context
  const schema = {
    summary: 'Every node',
    tags: ['nodes'],
    querystring: Type.Interface([WaitQuery, PageQuery], {}),
  }
  const config = { scope: 'read', shows: listOf(Node) } as const
  app.get(`${API}/nodes`, { config, schema }, async (request, reply) => {
    const { wait: seconds, limit, after } = request.query
    const atLeast = await wait(request, reply, { seconds, version: () => world.position })
    const shown = () => {
      const nodes = page(nodeSummaries(world, context.now()), ({ node }) => node, { limit, after })
      return {
        json: nodes,
        parts: () => [nodes.items.length === 0 ? 'no node is known yet' : nodesTable(nodes.items)],
        next: 'curl …/api/v1/nodes/NAME',
        version: world.position,
      }
    }
    return cached(request, reply, { key: `nodes ${limit ?? ''} ${after ?? ''}`, shown, atLeast })
  })
}

const one: Routes = (app, { context, wait }) => {
  const { world } = context
  const schema = { summary: 'One node', tags: ['nodes'], params: NodeParams, querystring: WaitQuery }
  const config = { scope: 'read', shows: NodeDetail } as const
  app.get(`${API}/nodes/:node`, { config, schema }, async (request, reply) => {
    const name = request.params.node
    const version = (): string => nodeVersion(world, nodeNamed(context, name), context.now())
    version() // whoever is not there is not waited for
    const matters = ({ node }: { readonly node: string | null }): boolean => node === name
    await wait(request, reply, { seconds: request.query.wait, matters, version })
    const detail = nodeDetail(world, nodeNamed(context, name), context.now())
    return show(request, reply, {
      json: detail,
      version: version(),
      parts: () => nodeParts(detail),
      next: `curl '…/api/v1/events?node=${encodeURIComponent(name)}'`,
    })
  })
}

const ForgetQuery = Type.Object({
  forget: Type.Optional(Type.Boolean({ description: 'what it said, too' })),
})

/** Takes a node's rights away, for good; of one that never had any, or when asked to, what is known of it goes as well. */
const forget: Routes = (app, { context }) => {
  const { world, desk } = context
  const schema = {
    summary: 'Revoke a node; one that never had rights is forgotten',
    tags: ['nodes'],
    params: NodeParams,
    querystring: ForgetQuery,
  }
  const config = { scope: 'admin', status: 204 } as const
  app.delete(`${API}/nodes/:node`, { config, schema }, async (request, reply) => {
    const { node: name } = request.params
    const node = Object.hasOwn(world.nodes, name) ? world.nodes[name] : undefined
    if (node) mustBe(request, nodeVersion(world, node, context.now()))
    const revoked = await desk.revoke(name, request.owner)
    const hadNone = revoked === 'had-nothing' && node?.presence !== 'revoked'
    const forget = hadNone || request.query.forget === true
    if (!node && revoked === 'had-nothing') throw new Problem('not-found', `there is no node ${name}`)
    if (forget) desk.forget(name)
    if (node && forget) await context.ask({ request: 'forget-node', node: name, by: request.owner })
    return reply.code(204).send()
  })
}
