import { describeError } from '@infra-home/shared/errors.ts'
import { createTokenAttempts } from '../../trust/tokens-attempts.ts'
import type { Bearer, HttpContext, Scope } from '../context.ts'
import { Problem } from '../problem.ts'

/** A request as far as it matters for who is asking. */
export type Asker = {
  readonly headers: { readonly authorization?: string | undefined }
  readonly ip: string
}

/** Whose token came with a request; null without one. @throws Problem when it is wrong or does not reach */
export type Admission = (request: Asker, scope: Scope | undefined) => Bearer | null

type Needs = Pick<HttpContext, 'authenticate' | 'counters' | 'now' | 'ask' | 'log'>

/**
 * Checks bearer tokens and slows down whoever guesses. A right token counts wherever it comes from: nobody can guess 256
 * bits, so the limit is there to keep the noise down, and must not let one program lock out everybody behind its address.
 */
export const createAdmission = ({ authenticate, counters, now, ask, log }: Needs): Admission => {
  const attempts = createTokenAttempts({
    now: () => now().mono,
    report: (source, attempts) =>
      void ask({ request: 'refuse-tokens', source, attempts, by: source }).catch((error: unknown) =>
        log('warn', 'wrong tokens could not be journalled', { source, error: describeError(error) }),
      ),
  })

  const refuse = (source: string): Problem => {
    const waitMs = attempts.failed(source)
    counters.add('tokens', waitMs > 0 ? 'limited' : 'wrong')
    if (waitMs === 0)
      return new Problem('unauthenticated', 'the token is not known, has expired or was revoked')
    const seconds = Math.ceil(waitMs / 1000)
    const problem = new Problem('too-many-attempts', `too many wrong tokens came from ${source}`)
    return Object.assign(problem, { retryAfterSeconds: seconds })
  }

  return ({ headers, ip }, scope) => {
    const { authorization } = headers
    if (authorization === undefined) return null
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
    const bearer = token === undefined ? null : authenticate(token)
    if (!bearer) throw refuse(ip)
    if (scope === undefined || !bearer.scopes.includes(scope))
      throw new Problem('forbidden', `scope ${scope ?? 'admin'} is needed`)
    return bearer
  }
}
