import type { FastifyReply, FastifyRequest } from 'fastify'
import * as Type from 'typebox'
import { Name } from '@infra-home/shared/names.ts'
import { createAttempts } from '../../trust/attempts.ts'
import type { From } from '../../trust/desk-options.ts'
import type { Grant as Granted } from '../../trust/grant.ts'
import type { Refused } from '../../trust/refusals.ts'
import { show } from '../plugins/show.ts'
import { Problem } from '../problem.ts'
import type { ProblemKind } from '../problem-kinds.ts'
import { Grant } from '../schemas/identities.ts'
import { API, type Routes } from './route.ts'

/** A request of ours has three. */
const bodyLimit = 16_384
const Pem = Type.String({ minLength: 1, maxLength: 8192, description: 'PEM' })

const Redemption = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 128 }),
    node: Type.Optional(Name),
    csr: Pem,
  },
  { additionalProperties: false },
)

const Renewal = Type.Object(
  {
    certificate: Pem,
    csr: Pem,
    nonce: Type.String({ minLength: 1, maxLength: 128 }),
    signature: Type.String({
      minLength: 1,
      maxLength: 256,
      description:
        'base64: ECDSA with SHA-256 (DER) over the nonce, a line feed and the csr, by the certified key',
    }),
  },
  { additionalProperties: false },
)

const PROBLEMS: readonly ProblemKind[] = [
  'unknown-token',
  'used-token',
  'stale-nonce',
  'too-many-attempts',
  'bad-signing-request',
]

/** What devices ask for themselves: no bearer token, but the one-time token or the key of a certificate is the proof. */
export const redeemRoutes: Routes = (app, { context: { desk, now } }) => {
  const attempts = createAttempts(() => now().mono)
  const tags = ['identities']

  /** Who failed has to wait; who succeeds gets the certificate. */
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    ask: (from: From) => Promise<Granted | Refused>,
  ): Promise<FastifyReply> => {
    const from = { source: request.ip, host: request.hostname }
    const waitMs = attempts.waitMs(from.source)
    if (waitMs > 0) {
      const wait = Math.ceil(waitMs / 1000)
      void reply.header('retry-after', wait)
      throw new Problem('too-many-attempts', `too many attempts have failed: try again in ${wait} s`)
    }
    const given = await ask(from)
    if ('refused' in given) {
      attempts.failed(from.source)
      throw new Problem(given.refused, given.detail)
    }
    attempts.succeeded(from.source)
    void reply.code(201).header('cache-control', 'no-store')
    return show(request, reply, {
      json: given,
      parts: () => [`${given.node} has a certificate`, given.certificate.trim()],
    })
  }

  const config = { scope: 'none', shows: Grant, status: 201, problems: PROBLEMS } as const
  const redeem = { summary: 'Enrol: a one-time token for a certificate', tags, body: Redemption }
  app.post(`${API}/enrolments/redeem`, { config, schema: redeem, bodyLimit }, (request, reply) => {
    const { token, node = null, csr } = request.body
    return answer(request, reply, (from) => desk.redeem({ token, node, csr }, from))
  })

  const challenge = { summary: 'A number to sign, for a minute', tags }
  const shows = Type.Object({ nonce: Type.String() })
  app.post(
    `${API}/renewals/challenge`,
    { config: { scope: 'none', shows }, schema: challenge, bodyLimit },
    async (request, reply) => {
      const nonce = desk.challenge()
      return show(request, reply, { json: { nonce }, parts: () => [nonce] })
    },
  )

  const renew = { summary: 'Renew a certificate by proof of its key', tags, body: Renewal }
  app.post(`${API}/renewals`, { config, schema: renew, bodyLimit }, (request, reply) =>
    answer(request, reply, (from) => desk.renew(request.body, from)),
  )
}
