import swagger from '@fastify/swagger'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import { redactedJson } from '../trust/tokens-text.ts'
import type { HttpContext, HttpOptions } from './context.ts'
import { listenAt } from './listen-at.ts'
import { openDoors } from './doors.ts'
import { createJournal } from './journal.ts'
import { access } from './plugins/access.ts'
import { createAdmission } from './plugins/admission.ts'
import { cachedShow } from './plugins/cached.ts'
import { description } from './plugins/describe.ts'
import { emptyBody } from './plugins/empty-body.ts'
import { answerGibberish, failures } from './plugins/failures.ts'
import { idempotency } from './plugins/idempotency.ts'
import { knownQuery } from './plugins/known-query.ts'
import { createWait } from './plugins/wait.ts'
import { Problem, sendProblem, toProblem } from './problem.ts'
import { alertTestRoutes } from './routes/alert-test.ts'
import { alertRoutes } from './routes/alerts.ts'
import { backupRoutes } from './routes/backups.ts'
import { copyRoutes } from './routes/backup-copy.ts'
import { enrolmentRoutes } from './routes/enrolments.ts'
import { eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { historyRoutes } from './routes/history.ts'
import { modemChangeRoutes } from './routes/modem-changes.ts'
import { identityRoutes } from './routes/identities.ts'
import { modemRoutes } from './routes/modems.ts'
import { nodeRoutes } from './routes/nodes.ts'
import { redeemRoutes } from './routes/redeem.ts'
import type { App, Routes, RouteTools } from './routes/route.ts'
import { ruleRoutes } from './routes/rules.ts'
import { signingKeyRoutes } from './routes/signing-keys.ts'
import { silenceRoutes } from './routes/silences.ts'
import { statusRoutes } from './routes/status.ts'
import { thingRoutes } from './routes/things.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { topologyRoutes } from './routes/topology.ts'
import { wanRoutes } from './routes/wan.ts'
import { streamRoutes } from './stream/events.ts'
import { createListeners } from './stream/listeners.ts'
import { attachWebSocket } from './stream/websocket.ts'

export type HttpServer = {
  /** Listens, and says where. */
  start(): Promise<string>
  stop(): Promise<void>
  readonly app: App
}

const MOST_BODY_BYTES = 65_536
const MOST_CONNECTIONS = 1024
/** A request that is not here by then never will be. */
const REQUEST_MS = 30_000

const ROUTES: readonly Routes[] = [
  statusRoutes,
  nodeRoutes,
  thingRoutes,
  modemRoutes,
  modemChangeRoutes,
  historyRoutes,
  topologyRoutes,
  wanRoutes,
  alertRoutes,
  alertTestRoutes,
  silenceRoutes,
  ruleRoutes,
  signingKeyRoutes,
  tokenRoutes,
  enrolmentRoutes,
  redeemRoutes,
  identityRoutes,
  backupRoutes,
  copyRoutes,
  eventRoutes,
  streamRoutes,
  healthRoutes,
]

/** The API: routes, one file a resource, behind access control, problems and negotiation that they share. */
export const createHttp = async (context: HttpContext, options: HttpOptions): Promise<HttpServer> => {
  const app = newApp()
  const closing = new AbortController()
  const listeners = createListeners()
  const tools: RouteTools = {
    context: { ...context, ask: askOf(context) },
    journal: createJournal(context.store, context.stream),
    cached: cachedShow(app, () => context.world.position),
    wait: createWait(context, closing.signal),
    listeners,
  }
  await app.register(swagger, description(context.version))
  failures(app, context)
  const admit = createAdmission(tools.context)
  access(app, admit, options)
  knownQuery(app)
  emptyBody(app)
  idempotency(app, () => context.now().mono)
  for (const routes of ROUTES) routes(app, tools)
  const sockets = attachWebSocket(app.server, { ...tools, admit }, options)
  await app.ready()
  const doors = options.doors ? openDoors(app.server, options.doors) : null
  return {
    app,
    start: () => listenAt(app, doors, options),
    async stop() {
      closing.abort()
      listeners.letAllGo()
      sockets.close()
      doors?.close()
      await app.close()
    },
  }
}

const newApp = (): App => {
  const app = Fastify({
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: REQUEST_MS,
    routerOptions: { maxParamLength: 320, ignoreTrailingSlash: true },
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    clientErrorHandler: answerGibberish,
    frameworkErrors: (error, request, reply) => void sendProblem(reply, toProblem(error, request)),
  }) as unknown as App
  app.server.maxConnections = MOST_CONNECTIONS
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  return app
}

/** Asking, in the API's words when the disk refuses: the request counts all the same, and is kept when the disk takes it. */
const askOf =
  ({ ask }: Pick<HttpContext, 'ask'>): HttpContext['ask'] =>
  async (request) => {
    try {
      return await ask(redactedJson(request))
    } catch (cause) {
      const detail = 'it holds from now on, but the journal cannot be written: a restart would forget it'
      throw new Problem('journal-unavailable', detail, undefined, cause)
    }
  }
