import { sendProblem, Problem } from '../problem.ts'
import { metricsText } from '../views/metrics.ts'
import type { Routes } from './route.ts'

export const healthRoutes: Routes = (app, { context }) => {
  app.get(
    '/healthz',
    { config: { scope: 'none' }, schema: { summary: 'The process runs', tags: ['health'] } },
    async (_request, reply) => reply.type('text/plain').send('ok\n'),
  )
  app.get(
    '/readyz',
    { config: { scope: 'none' }, schema: { summary: 'The coordinator can do its work', tags: ['health'] } },
    async (_request, reply) => {
      const { ready, reasons } = context.readiness()
      if (ready) return reply.type('text/plain').send('ready\n')
      return sendProblem(reply, new Problem('journal-unavailable', reasons.join('; ')))
    },
  )
  app.get(
    '/metrics',
    { config: { scope: 'read' }, schema: { summary: 'Prometheus', tags: ['health'] } },
    async (_request, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(metricsText(context)),
  )
  app.get('/openapi.json', { config: { scope: 'none' }, schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  )
}
