import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { HttpContext } from '../context.ts'
import type { createCachedShow } from '../plugins/cached.ts'

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** What every file of routes gets. */
export type RouteTools = {
  readonly context: HttpContext
  readonly cached: ReturnType<typeof createCachedShow>
}

/** The routes of one resource. */
export type Routes = (app: App, tools: RouteTools) => void

export const API = '/api/v1'
