/** Every kind of problem that the API names; its `type` is `urn:infra-home:problem:<kind>`. */
export const PROBLEMS = {
  'invalid-input': { status: 400, title: 'The input is not right' },
  unauthenticated: { status: 401, title: 'A bearer token is needed' },
  forbidden: { status: 403, title: 'The token does not reach this far' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This can not be done to it' },
  'in-progress': { status: 409, title: 'The same request is being done' },
  'precondition-failed': { status: 412, title: 'It has changed meanwhile' },
  'too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'Only application/json is understood' },
  'unknown-host': { status: 421, title: 'Nobody of this name lives here' },
  'key-reused': { status: 422, title: 'This key was used for something else' },
  'too-many-attempts': { status: 429, title: 'Too many attempts have failed' },
  internal: { status: 500, title: 'Something went wrong here' },
  'journal-unavailable': { status: 503, title: 'The journal cannot be used' },
  'not-ready': { status: 503, title: 'The coordinator cannot do all of its work' },
  'too-many': { status: 503, title: 'Too many are here already' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>

export type ProblemKind = keyof typeof PROBLEMS
