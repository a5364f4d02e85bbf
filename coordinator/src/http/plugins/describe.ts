import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifySchema, RouteOptions } from 'fastify'
import * as Type from 'typebox'
import { problemBody } from '../problem.ts'
import { PROBLEMS, type ProblemKind } from '../problem-kinds.ts'
import { MEDIA_TYPES } from './accept.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the JSON form of a good answer is; the other forms are the same for people. */
    shows?: Type.TSchema
    /** The types of a good answer that has one form only. */
    types?: readonly string[]
    /** The status of a good answer, unless it is 200. */
    status?: number
    /** Other statuses of a good answer. */
    also?: readonly number[]
    /** What can go wrong besides what its method and its scope tell. */
    problems?: readonly ProblemKind[]
  }
}

/** What /openapi.json says: every route with its scope, its forms and its problems, from what the routes declare. */
export const description = (version: string): FastifyDynamicSwaggerOptions => ({
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Infra Home',
      version,
      description:
        'Reads are open on loopback and from configured networks; every change needs a bearer token.',
    },
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  },
  transform: ({ schema, route, url }) => ({ schema: describe(schema ?? {}, route), url }),
})

const describe = (schema: FastifySchema, route: RouteOptions): FastifySchema => {
  const { scope = 'admin', status = 200 } = route.config ?? {}
  const open = scope === 'none'
  const ours = { 'x-scope': scope }
  return {
    ...schema,
    ...ours,
    ...(open ? {} : { security: scope === 'read' ? [{}, { bearer: [] }] : [{ bearer: [] }] }),
    response: {
      ...Object.fromEntries([status, ...(route.config?.also ?? [])].map((one) => [one, goodAnswer(route)])),
      ...(route.method === 'GET' && !route.config?.types ? { 304: NOT_MODIFIED } : {}),
      ...Object.fromEntries(problemsOf(route).map((kind) => [PROBLEMS[kind].status, badAnswer(kind)])),
    },
  }
}

const goodAnswer = ({ config = {} }: RouteOptions): object => {
  if (config.status === 204) return { description: 'It is done', type: 'null' }
  if (config.types)
    return {
      description: 'OK',
      content: Object.fromEntries(config.types.map((type) => [type, /json/.test(type) ? anything : text])),
    }
  return {
    description: 'OK, in the form that was asked for',
    content: Object.fromEntries(
      MEDIA_TYPES.map((type) => [
        type,
        type === 'application/json' ? { schema: config.shows ?? Type.Unknown() } : text,
      ]),
    ),
  }
}

const text = { schema: Type.String() }
const anything = { schema: Type.Unknown() }
const NOT_MODIFIED = { description: 'The client has this version (If-None-Match)', type: 'null' }

/** What can go wrong with a request, from what it takes and what it changes; an unknown query key can with any. */
const problemsOf = ({ config = {}, method, url }: RouteOptions): ProblemKind[] => {
  const changes = method !== 'GET' && method !== 'HEAD'
  const guarded = config.scope !== 'none'
  return [
    'invalid-input',
    ...(guarded ? (['unauthenticated', 'forbidden', 'too-many-attempts'] as const) : []),
    ...(url.includes(':') ? (['not-found'] as const) : []),
    ...(changes ? (['precondition-failed', 'too-large', 'unsupported-media-type'] as const) : []),
    ...(method === 'POST' ? (['in-progress', 'key-reused'] as const) : []),
    'unknown-host',
    ...(changes || url.includes('events') || url.includes('history') || url.includes('stream')
      ? (['journal-unavailable'] as const)
      : []),
    ...(url === '/readyz' ? (['not-ready'] as const) : []),
    ...(config.problems ?? []),
  ]
}

const EXAMPLES: Partial<Record<ProblemKind, string>> = {
  'not-found': 'there is no node rpi9',
  'invalid-input': 'querystring/limit must be integer',
  unauthenticated: 'scope operate is needed',
  forbidden: 'scope admin is needed',
  'unknown-host': 'evil.example',
}

const badAnswer = (kind: ProblemKind): object => {
  const { title } = PROBLEMS[kind]
  const errors =
    kind === 'invalid-input' ? [{ path: 'querystring/limit', message: 'must be integer' }] : undefined
  const example = problemBody({ kind, message: EXAMPLES[kind] ?? title, errors })
  return { description: title, content: { 'application/problem+json': { schema: ProblemSchema, example } } }
}

const ProblemSchema = Type.Object({
  type: Type.String({ description: 'urn:infra-home:problem: and a kind that programs may rely on' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
})
