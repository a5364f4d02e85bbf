import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

/** Every kind of problem that the API names; its `type` is `urn:infra-home:problem:<kind>`. */
export type ProblemKind =
  | 'not-found'
  | 'method-not-allowed'
  | 'invalid-input'
  | 'too-large'
  | 'unsupported-media-type'
  | 'unauthenticated'
  | 'forbidden'
  | 'unknown-host'
  | 'precondition-failed'
  | 'journal-unavailable'
  | 'internal'

const STATUS: Record<ProblemKind, number> = {
  'not-found': 404,
  'method-not-allowed': 405,
  'invalid-input': 400,
  'too-large': 413,
  'unsupported-media-type': 415,
  unauthenticated: 401,
  forbidden: 403,
  'unknown-host': 421,
  'precondition-failed': 412,
  'journal-unavailable': 503,
  internal: 500,
}

const TITLE: Record<ProblemKind, string> = {
  'not-found': 'There is no such thing',
  'method-not-allowed': 'This can not be done to it',
  'invalid-input': 'The input is not right',
  'too-large': 'The request is too large',
  'unsupported-media-type': 'Only application/json is understood',
  unauthenticated: 'A bearer token is needed',
  forbidden: 'The token does not reach this far',
  'unknown-host': 'Nobody of this name lives here',
  'precondition-failed': 'It has changed meanwhile',
  'journal-unavailable': 'The journal cannot be written',
  internal: 'Something went wrong here',
}

export type InputFault = { readonly path: string; readonly message: string }

/** A problem on its way to the client: RFC 9457. */
export class Problem extends Error {
  readonly kind: ProblemKind
  readonly errors: readonly InputFault[] | undefined

  constructor(kind: ProblemKind, detail: string, errors?: readonly InputFault[]) {
    super(detail)
    this.kind = kind
    this.errors = errors
  }
}

export const sendProblem = (reply: FastifyReply, { kind, message, errors }: Problem): FastifyReply => {
  if (kind === 'unauthenticated') void reply.header('www-authenticate', 'Bearer')
  const body = {
    type: `urn:infra-home:problem:${kind}`,
    title: TITLE[kind],
    status: STATUS[kind],
    detail: message,
  }
  return reply
    .code(STATUS[kind])
    .type('application/problem+json')
    .send(JSON.stringify(errors ? { ...body, errors } : body))
}

/** What fastify itself refuses, in the API's words. */
export const toProblem = (error: FastifyError | Problem, request: FastifyRequest): Problem => {
  if (error instanceof Problem) return error
  if (error.validation)
    return new Problem(
      'invalid-input',
      error.message,
      error.validation.map((fault) => ({
        path: `${error.validationContext ?? ''}${fault.instancePath}` || '/',
        message: fault.message ?? 'is not right',
      })),
    )
  switch (error.statusCode) {
    case 413:
      return new Problem('too-large', error.message)
    case 415:
      return new Problem('unsupported-media-type', error.message)
    case 404:
      return new Problem('not-found', request.url)
    default:
      if (error.statusCode !== undefined && error.statusCode < 500)
        return new Problem('invalid-input', error.message)
      return new Problem('internal', 'the log says more')
  }
}
