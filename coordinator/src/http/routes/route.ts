import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { HttpContext } from '../context.ts'
import type { Journal } from '../journal.ts'
import type { CachedShow } from '../plugins/cached.ts'
import type { Wait } from '../plugins/wait.ts'
import type { Listeners } from '../stream/listeners.ts'

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
  /** The journal with what is not on the disk yet. */
  readonly journal: Journal
  readonly cached: CachedShow
  readonly wait: Wait
  readonly listeners: Listeners
}

/** The routes of one resource. */
export type Routes = (app: App, tools: RouteTools) => void

export const API = '/api/v1'
