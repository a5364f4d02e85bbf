import * as Type from 'typebox'
import { type StateKey, stateKey } from '@infra-home/shared/messages/states.ts'
import { isMetric, METRICS } from '@infra-home/shared/units.ts'
import type { HttpContext } from '../context.ts'
import { Problem } from '../problem.ts'
import { show, type Shown } from '../plugins/show.ts'
import { value } from '../table/words.ts'
import { modemViews } from '../views/modems.ts'
import { modemsTable } from '../views/modems.ts'
import { nodeNamed, NodeParams } from './nodes.ts'
import { API, type Routes } from './route.ts'

const DAY_MS = 86_400_000
const MOST_POINTS = 5000

const HistoryQuery = Type.Object({
  metric: Type.String(),
  from: Type.Optional(Type.String({ description: 'RFC 3339; a day ago unless set' })),
  to: Type.Optional(Type.String({ description: 'RFC 3339; now unless set' })),
  step: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800, description: 'seconds' })),
})
type HistoryQuery = Type.Static<typeof HistoryQuery>

const ModemParams = Type.Object({ node: Type.String({ maxLength: 63 }), id: Type.String({ maxLength: 63 }) })

export const historyRoutes: Routes = (app, { context }) => {
  const oneSchema = { summary: 'One modem', tags: ['modems'], params: ModemParams }
  app.get(
    `${API}/modems/:node/:id`,
    { config: { scope: 'read' }, schema: oneSchema },
    async (request, reply) => {
      const { node, id } = request.params
      nodeNamed(context, node)
      const modem = modemViews(context.world, context.now(), node).find((m) => m.id === id)
      if (!modem) throw new Problem('not-found', `${node} has no modem ${id}`)
      const next = `curl '…/api/v1/modems/${node}/${id}/history?metric=rsrpDbm'`
      return show(request, reply, { json: modem, parts: () => [modemsTable([modem])], next })
    },
  )

  const modemSchema = {
    summary: 'A number of a modem over time',
    tags: ['modems'],
    params: ModemParams,
    querystring: HistoryQuery,
  }
  app.get(
    `${API}/modems/:node/:id/history`,
    { config: { scope: 'read' }, schema: modemSchema },
    async (request, reply) => {
      const { node, id } = request.params
      return show(
        request,
        reply,
        await historyOf(context, { node, key: stateKey('modem', id), query: request.query }),
      )
    },
  )

  const nodeSchema = {
    summary: 'A number of anything on a node over time',
    tags: ['nodes'],
    params: NodeParams,
    querystring: Type.Interface([HistoryQuery], {
      key: Type.String({ pattern: '^[a-z]+/.+$', description: 'such as link/eth0 or host/host' }),
    }),
  }
  app.get(
    `${API}/nodes/:node/history`,
    { config: { scope: 'read' }, schema: nodeSchema },
    async (request, reply) => {
      const { node } = request.params
      const key = request.query.key as StateKey
      return show(request, reply, await historyOf(context, { node, key, query: request.query }))
    },
  )
}

type Asked = { readonly node: string; readonly key: StateKey; readonly query: HistoryQuery }

const historyOf = async (context: HttpContext, { node, key, query }: Asked): Promise<Shown> => {
  nodeNamed(context, node)
  const { metric } = query
  if (!isMetric(metric)) throw invalid('metric', `is one of ${Object.keys(METRICS).join(', ')}`)
  const to = timeOf('to', query.to) ?? context.now().wall
  const from = timeOf('from', query.from) ?? to - DAY_MS
  if (from >= to) throw invalid('from', 'is not before to')
  const stepMs = (query.step ?? Math.max(60, Math.ceil((to - from) / 1000 / 500))) * 1000
  if ((to - from) / stepMs > MOST_POINTS) throw invalid('step', `makes more than ${MOST_POINTS} points`)
  const points = await context.store.series({ node, key, metric, from, to, stepMs })
  const items = points.map((point) => ({ ...point, at: new Date(point.at).toISOString() }))
  const { unit } = METRICS[metric]
  const rows = items.map(({ at, min, mean, max }) => [
    at,
    ...[min, mean, max].map((v) => value(v === null ? null : Number(v.toFixed(1)), unit)),
  ])
  return {
    json: { node, key, metric, unit, stepMs, items, next: null },
    parts: () => [
      rows.length === 0
        ? `nothing is known of ${metric} in that time`
        : { head: ['AT', 'LEAST', 'MEAN', 'MOST'], rows },
    ],
  }
}

const invalid = (field: string, message: string): Problem =>
  new Problem('invalid-input', `${field} ${message}`, [{ path: `querystring/${field}`, message }])

const timeOf = (field: string, text: string | undefined): number | null => {
  if (text === undefined) return null
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw invalid(field, 'is no RFC 3339 time')
  return at
}
