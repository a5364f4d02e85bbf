import type { FastifyInstance } from 'fastify'

const KEPT = 1000
const KEPT_MS = 86_400_000

type Answer = { readonly status: number; readonly type: string; readonly body: string; readonly at: number }

/** A POST with an Idempotency-Key that was answered before is answered the same, and not done again. */
export const idempotency = (app: FastifyInstance, now: () => number): void => {
  const answers = new Map<string, Answer>()
  const keyOf = (method: string, url: string, header: unknown, owner: string): string | null =>
    method === 'POST' && typeof header === 'string' && header.length > 0 && header.length <= 255
      ? `${owner} ${url} ${header}`
      : null
  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request.method, request.url, request.headers['idempotency-key'], request.owner)
    const old = key === null ? undefined : answers.get(key)
    if (!old || now() - old.at > KEPT_MS) return
    return reply.code(old.status).type(old.type).header('idempotent-replayed', 'true').send(old.body)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    const key = keyOf(request.method, request.url, request.headers['idempotency-key'], request.owner)
    if (key === null || reply.statusCode >= 500 || typeof payload !== 'string') return payload
    if (answers.size >= KEPT) answers.delete(answers.keys().next().value ?? '')
    const type = String(reply.getHeader('content-type') ?? 'application/json')
    answers.set(key, { status: reply.statusCode, type, body: payload, at: now() })
    return payload
  })
}
