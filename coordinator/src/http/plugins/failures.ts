import type { Duplex } from 'node:stream'
import { describeError } from '@infra-home/shared/errors.ts'
import type { HttpContext } from '../context.ts'
import { redacted } from '../../trust/tokens-text.ts'
import { Problem, sendProblem, toProblem } from '../problem.ts'
import { endWithProblem } from '../raw-problem.ts'
import type { App } from '../routes/route.ts'

/** Whatever goes wrong is a problem of RFC 9457; what went wrong here is logged and not told. */
export const failures = (app: App, { log }: Pick<HttpContext, 'log'>): void => {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    for (const one of [method].flat()) known.add(one)
    methods.set(url, known)
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error as Parameters<typeof toProblem>[0], request)
    if (problem.cause !== undefined)
      log('error', 'a request failed', {
        url: redacted(request.url).slice(0, 200),
        problem: problem.kind,
        error: describeError(problem.cause),
      })
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = (request.url.split('?')[0] ?? '').slice(0, 200)
    const allowed = [...methods].flatMap(([pattern, names]) => (matches(pattern, path) ? [...names] : []))
    if (allowed.length === 0) return sendProblem(reply, new Problem('not-found', `nothing is at ${path}`))
    const list = [...new Set(allowed)].sort().join(', ')
    void reply.header('allow', list)
    return sendProblem(reply, new Problem('method-not-allowed', `${path} takes ${list}`))
  })
}

/** What is no HTTP at all is answered as well as it can be. */
export const answerGibberish = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const problem = tooLarge
    ? new Problem('too-large', 'the head of the request is too large')
    : new Problem('invalid-input', 'that is no HTTP request')
  endWithProblem(socket, problem)
}

const matches = (pattern: string, path: string): boolean => {
  const [wanted, given] = [pattern.split('/'), path.replace(/(?<=.)\/$/, '').split('/')]
  return (
    wanted.length === given.length && wanted.every((part, i) => part.startsWith(':') || part === given[i])
  )
}
