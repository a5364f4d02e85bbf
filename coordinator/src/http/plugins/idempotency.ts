import { createHash } from 'node:crypto'
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onSendAsyncHookHandler,
  preHandlerAsyncHookHandler,
} from 'fastify'
import { redacted } from '../../trust/tokens-text.ts'
import { Problem } from '../problem.ts'

const KEPT = 1000
const KEPT_MS = 86_400_000
const LONGEST_KEY = 255
const HEADERS = ['content-type', 'vary', 'location', 'cache-control'] as const

type Answer = {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}
/** A key that somebody used: what for, and the answer once there is one. */
type Slot = { readonly asked: string; readonly at: number; answer: Answer | null }

/**
 * A POST with an Idempotency-Key that was done before is answered the same, and not done again. What was refused
 * or failed may be tried again under its key.
 * @param now milliseconds, monotonic
 */
export const idempotency = (app: FastifyInstance, now: () => number): void => {
  const slots = new Map<string, Slot>()
  const mine = new WeakMap<FastifyRequest, string>()

  const before: preHandlerAsyncHookHandler = async (request, reply) => {
    const key = keyOf(request)
    if (key === null) return
    const asked = createHash('sha256')
      .update(JSON.stringify(request.body ?? null))
      .digest('base64')
    const slot = slots.get(key)
    if (slot && now() - slot.at < KEPT_MS) return repeat(reply, slot, asked)
    slots.delete(key)
    if (slots.size >= KEPT) slots.delete(slots.keys().next().value ?? '')
    slots.set(key, { asked, at: now(), answer: null })
    mine.set(request, key)
  }

  const after: onSendAsyncHookHandler = async (request, reply, payload) => {
    const key = mine.get(request)
    const slot = key === undefined ? undefined : slots.get(key)
    if (key === undefined || !slot) return payload
    if (reply.statusCode >= 300) slots.delete(key)
    else slot.answer = answerOf(reply, payload)
    return payload
  }

  app.addHook('onRoute', (route) => {
    if (route.method === 'POST') Object.assign(route, { preHandler: before, onSend: after })
  })
}

/** @throws Problem invalid-input */
const keyOf = ({ url, headers, owner }: FastifyRequest): string | null => {
  const key = headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || key === '' || key.length > LONGEST_KEY)
    throw new Problem('invalid-input', `an Idempotency-Key has 1 to ${LONGEST_KEY} characters`, [
      { path: 'headers/idempotency-key', message: `has 1 to ${LONGEST_KEY} characters` },
    ])
  return JSON.stringify([owner, url, key])
}

const repeat = (reply: FastifyReply, slot: Slot, asked: string): FastifyReply => {
  if (slot.asked !== asked)
    throw new Problem('key-reused', 'this Idempotency-Key was used for another request')
  if (!slot.answer) throw new Problem('in-progress', 'the request with this Idempotency-Key is being done')
  for (const [name, value] of slot.answer.headers) void reply.header(name, value)
  return reply.code(slot.answer.status).header('idempotent-replayed', 'true').send(slot.answer.body)
}

const answerOf = (reply: FastifyReply, payload: unknown): Answer => ({
  status: reply.statusCode,
  headers: HEADERS.flatMap((name) => {
    const value = reply.getHeader(name)
    return value === undefined ? [] : [[name, String(value)] as const]
  }),
  body: typeof payload === 'string' ? redacted(payload) : '', // a new token is seen once
})
