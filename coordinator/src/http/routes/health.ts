import { Problem } from '../problem.ts'
import { metricsText } from '../views/metrics.ts'
import type { Routes } from './route.ts'

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8'
const TEXT = 'text/plain; charset=utf-8'

/** What machines ask at the root, each with one form. */
export const healthRoutes: Routes = (app, { context }) => {
  const plain = { scope: 'none', types: ['text/plain'] } as const
  const healthz = { summary: 'The process runs', tags: ['health'] }
  app.get('/healthz', { config: plain, schema: healthz }, async (_request, reply) =>
    reply.type(TEXT).send('ok\n'),
  )

  const readyz = { summary: 'The coordinator can do all of its work', tags: ['health'] }
  app.get('/readyz', { config: plain, schema: readyz }, async (_request, reply) => {
    const { ready, reasons } = context.readiness()
    if (!ready) throw new Problem('not-ready', reasons.join('; '))
    return reply
      .type(TEXT)
      .send(['ready', ...context.warnings().map((warning) => `! ${warning}`), ''].join('\n'))
  })

  const metrics = { summary: 'Prometheus', tags: ['health'] }
  const metricsConfig = { scope: 'read', types: ['text/plain'] } as const
  app.get('/metrics', { config: metricsConfig, schema: metrics }, async (_request, reply) =>
    reply.type(PROMETHEUS).send(await metricsText(context)),
  )

  const openapi = { summary: 'This description', tags: ['health'] }
  const openapiConfig = { scope: 'none', types: ['application/json'] } as const
  let description: string | null = null
  app.get('/openapi.json', { config: openapiConfig, schema: openapi }, async (_request, reply) => {
    description ??= JSON.stringify(app.swagger())
    return reply.type('application/json; charset=utf-8').send(description)
  })
}
