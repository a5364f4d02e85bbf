import * as Type from 'typebox'
import { type StateKey, stateKey } from '@infra-home/shared/messages/states.ts'
import { isMetric, METRICS } from '@infra-home/shared/units.ts'
import type { HttpContext } from '../context.ts'
import { show, type Shown } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import { History } from '../schemas/things.ts'
import { value } from '../table/words.ts'
import { ModemParams } from './modems.ts'
import { nodeNamed, NodeParams } from './nodes.ts'
import { API, type Routes } from './route.ts'

const DAY_MS = 86_400_000
const MOST_POINTS = 5000

const HistoryQuery = Type.Object({
  metric: Type.String({ maxLength: 64, description: `one of ${Object.keys(METRICS).join(', ')}` }),
  from: Type.Optional(Type.String({ maxLength: 64, description: 'RFC 3339; a day ago unless set' })),
  to: Type.Optional(Type.String({ maxLength: 64, description: 'RFC 3339; now unless set' })),
  step: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800, description: 'seconds' })),
})
type HistoryQuery = Type.Static<typeof HistoryQuery>

/** Numbers over time. */
export const historyRoutes: Routes = (app, { context }) => {
  const config = { scope: 'read', shows: History } as const
  const modemSchema = {
    summary: 'A number of a modem over time',
    tags: ['modems'],
    params: ModemParams,
    querystring: HistoryQuery,
  }
  app.get(`${API}/modems/:node/:id/history`, { config, schema: modemSchema }, async (request, reply) => {
    const { node, id } = request.params
    const asked = { node, key: stateKey('modem', id), query: request.query }
    return show(request, reply, await historyOf(context, asked))
  })

  const nodeSchema = {
    summary: 'A number of anything on a node over time',
    tags: ['nodes'],
    params: NodeParams,
    querystring: Type.Interface([HistoryQuery], {
      key: Type.String({
        pattern: '^[a-z]+/.+$',
        maxLength: 320,
        description: 'such as link/eth0 or host/host',
      }),
    }),
  }
  app.get(`${API}/nodes/:node/history`, { config, schema: nodeSchema }, async (request, reply) => {
    const asked = { ...request.params, key: request.query.key as StateKey, query: request.query }
    return show(request, reply, await historyOf(context, asked))
  })
}

type Asked = { readonly node: string; readonly key: StateKey; readonly query: HistoryQuery }

const historyOf = async (context: HttpContext, { node, key, query }: Asked): Promise<Shown> => {
  const known = nodeNamed(context, node)
  const { metric } = query
  if (!isMetric(metric)) throw invalid('metric', `is one of ${Object.keys(METRICS).join(', ')}`)
  const span = spanOf(query, context.now().wall)
  const points = await context.store.series({ node, key, metric, ...span })
  if (points.length === 0 && !known.numbers[key] && !known.states[key])
    throw new Problem('not-found', `nothing was ever measured of ${key} on ${node}`)
  const items = points.map((point) => ({ ...point, at: new Date(point.at).toISOString() }))
  const { unit } = METRICS[metric]
  const rows = items.map(({ at, min, mean, max }) => [
    at,
    ...[min, mean, max].map((v) => value(v === null ? null : Number(v.toFixed(1)), unit)),
  ])
  return {
    json: { node, key, metric, unit, stepMs: span.stepMs, items, next: null },
    version: JSON.stringify(items),
    parts: () => [
      rows.length === 0
        ? `nothing is known of ${metric} in that time`
        : { head: ['AT', 'LEAST', 'MEAN', 'MOST'], rows },
    ],
    next: 'the same with &from=… &to=… (RFC 3339) or &step=SECONDS',
  }
}

/** @throws Problem invalid-input */
const spanOf = (query: HistoryQuery, now: number): { from: number; to: number; stepMs: number } => {
  const to = timeOf('to', query.to) ?? now
  const from = timeOf('from', query.from) ?? to - DAY_MS
  if (from >= to) throw invalid('from', 'is not before to')
  const stepMs = (query.step ?? Math.max(60, Math.ceil((to - from) / 1000 / 500))) * 1000
  if ((to - from) / stepMs > MOST_POINTS) throw invalid('step', `makes more than ${MOST_POINTS} points`)
  return { from, to, stepMs }
}

const invalid = (field: string, message: string): Problem =>
  new Problem('invalid-input', `${field} ${message}`, [{ path: `querystring/${field}`, message }])

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i

const timeOf = (field: string, text: string | undefined): number | null => {
  if (text === undefined) return null
  const at = RFC3339.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw invalid(field, 'is no RFC 3339 time, such as 2026-01-31T08:00:00Z')
  return at
}
