import swagger from '@fastify/swagger'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import { describeError } from '@infra-home/shared/errors.ts'
import type { HttpContext, HttpOptions } from './context.ts'
import { access } from './plugins/access.ts'
import { createCachedShow } from './plugins/cached.ts'
import { idempotency } from './plugins/idempotency.ts'
import { Problem, sendProblem, toProblem } from './problem.ts'
import { alertRoutes } from './routes/alerts.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { historyRoutes } from './routes/history.ts'
import { nodeRoutes } from './routes/nodes.ts'
import type { App } from './routes/route.ts'
import { silenceRoutes } from './routes/silences.ts'
import { statusRoutes } from './routes/status.ts'
import { thingRoutes } from './routes/things.ts'
import { topologyRoutes } from './routes/topology.ts'
import { streamRoutes } from './stream/events.ts'
import { attachWebSocket } from './stream/websocket.ts'

export type HttpServer = {
  /** Listens, and says where. */
  start(): Promise<string>
  stop(): Promise<void>
  readonly app: App
}

const MOST_BODY_BYTES = 65_536

/** The API: routes, one file a resource, behind access control, problems and negotiation that they share. */
export const createHttp = async (context: HttpContext, options: HttpOptions): Promise<HttpServer> => {
  const app = Fastify({
    bodyLimit: MOST_BODY_BYTES,
    routerOptions: { maxParamLength: 320, ignoreTrailingSlash: true },
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    frameworkErrors: (error, request, reply) => void sendProblem(reply, toProblem(error, request)),
  }) as unknown as App
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  const connections = new Set<() => void>()
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Infra Home', version: context.version } },
  })
  problems(app, context)
  access(app, context, options)
  idempotency(app, () => context.now().mono)
  const tools = { context, cached: createCachedShow(() => context.world.position) }
  for (const routes of [
    statusRoutes,
    nodeRoutes,
    thingRoutes,
    historyRoutes,
    topologyRoutes,
    alertRoutes,
    silenceRoutes,
    eventRoutes,
    healthRoutes,
    streamRoutes(connections),
  ])
    routes(app, tools)
  const sockets = attachWebSocket(app.server, { context, options })
  await app.ready()
  return {
    app,
    start: () => app.listen({ host: options.host, port: options.port }),
    async stop() {
      for (const hangUp of connections) hangUp()
      sockets.close()
      await app.close()
    },
  }
}

/** Whatever goes wrong is a problem of RFC 9457; what went wrong here is logged and not told. */
const problems = (app: App, context: HttpContext): void => {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    for (const one of [method].flat()) known.add(one)
    methods.set(url, known)
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error as Parameters<typeof toProblem>[0], request)
    if (problem.kind === 'internal')
      context.log('error', 'a request failed', { url: request.url, error: describeError(error) })
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const allowed = [...methods].find(([pattern]) => matches(pattern, path))?.[1]
    if (!allowed) return sendProblem(reply, new Problem('not-found', `nothing is at ${path.slice(0, 200)}`))
    void reply.header('allow', [...allowed].join(', '))
    return sendProblem(reply, new Problem('method-not-allowed', `${path} takes ${[...allowed].join(', ')}`))
  })
}

const matches = (pattern: string, path: string): boolean => {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  return (
    wanted.length === given.length && wanted.every((part, i) => part.startsWith(':') || part === given[i])
  )
}
