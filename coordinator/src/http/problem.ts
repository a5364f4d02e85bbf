import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { redacted, redactedJson } from '../trust/tokens-text.ts'
import { inputFaults } from './input-faults.ts'
import { PROBLEMS, type ProblemKind } from './problem-kinds.ts'

export type InputFault = { readonly path: string; readonly message: string }

/** A problem on its way to the client: RFC 9457. */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly errors: readonly InputFault[] | undefined
  /** When to try again, if there is anything to wait for. */
  readonly retryAfterSeconds: number | undefined

  constructor(kind: ProblemKind, detail: string, errors?: readonly InputFault[], cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.errors = errors
  }
}

export const statusOf = ({ kind }: Pick<Problem, 'kind'>): number => PROBLEMS[kind].status

/** A problem as the client gets it. */
export const problemBody = ({ kind, message, errors }: Pick<Problem, 'kind' | 'message' | 'errors'>) => ({
  type: `urn:infra-home:problem:${kind}`,
  title: PROBLEMS[kind].title,
  status: PROBLEMS[kind].status,
  detail: redacted(message),
  ...(errors ? { errors: redactedJson(errors) } : {}),
})

export const problemText = (problem: Problem): string => `${JSON.stringify(problemBody(problem))}\n`

export const sendProblem = (reply: FastifyReply, problem: Problem): FastifyReply => {
  if (problem.kind === 'unauthenticated') void reply.header('www-authenticate', 'Bearer')
  if (problem.retryAfterSeconds !== undefined) void reply.header('retry-after', problem.retryAfterSeconds)
  for (const name of ['etag', 'content-security-policy']) void reply.removeHeader(name)
  return reply
    .code(statusOf(problem))
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(problemText(problem))
}

/** What fastify itself refuses, and what the store cannot do, in the API's words. */
export const toProblem = (error: FastifyError | Problem, request: Asked): Problem => {
  if (error instanceof Problem) return error
  if (error.validation) return invalidInput(error, request)
  if (error.code?.startsWith('store-'))
    return new Problem('journal-unavailable', 'the journal cannot be used now', undefined, error)
  switch (error.statusCode) {
    case 413:
      return new Problem('too-large', error.message)
    case 414:
      return new Problem('not-found', 'nothing has so long a name')
    case 415:
      return new Problem('unsupported-media-type', error.message)
    case 404:
      return new Problem('not-found', `nothing is at ${request.url.slice(0, 200)}`)
    default:
      if (error.statusCode !== undefined && error.statusCode < 500)
        return new Problem('invalid-input', error.message)
      return new Problem('internal', 'the log says more', undefined, error)
  }
}

type Asked = Pick<FastifyRequest, 'url' | 'routeOptions' | 'body' | 'query' | 'params' | 'headers'>

const invalidInput = (
  error: FastifyError,
  { routeOptions, body, query, params, headers }: Asked,
): Problem => {
  const context = error.validationContext ?? ''
  const schema = (routeOptions.schema ?? {}) as Readonly<
    Record<string, { readonly properties?: object } | undefined>
  >
  const known = Object.keys(schema[context]?.properties ?? {})
  const given: Readonly<Record<string, unknown>> = { body, querystring: query, params, headers }
  const faults = inputFaults(error.validation ?? [], { context, given: given[context], known })
  const detail = faults.map(({ path, message }) => `${path} ${message}`).join(', ')
  return new Problem('invalid-input', detail, faults)
}
